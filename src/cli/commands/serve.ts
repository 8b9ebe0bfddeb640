import { Command } from 'commander'
import { needServiceNode } from '../kit/service-node.ts'

/** The same as `npm run serve`. */
export function serve(): Command {
  return new Command('serve')
    .description('run the service; every setting comes from the environment')
    .addHelpText('after', '\nExample:\n  DATABASE_URL=postgres://… PINECONE_API_KEY=… tenant-router serve')
    .action(async () => {
      needServiceNode('serve')
      const { runService } = await import('../../main.ts')
      await runService()
    })
}
