import type { Command } from 'commander'
import type { Context } from '../../kit/context.ts'
import { CliError } from '../../kit/exit-code.ts'
import { changing } from '../../kit/verb.ts'
import { type MoveOptions, moving, startMoveCommand } from '../../watch/start-move.ts'

interface Options extends MoveOptions {
  readonly region?: string
  readonly project?: string
}

export function relocate(context: Context): Command {
  return moving(
    changing({
      usage: 'relocate <id>',
      summary: 'move a tenant to another region or Pinecone project while its app goes on',
      example: 'relocate acme-bikes --region eu-west-1 --plan',
    }),
  )
    .option('--region <region>', 'region that the tenant’s records must stay in from the switch on')
    .option('--project <project>', 'Pinecone project to go to, by its name in the settings')
    .action(async (id: string, { region, project, ...options }: Options) => {
      if (region === undefined && project === undefined)
        throw new CliError('usage', 'Say where to: --region, --project, or both.')
      const where = [region && `region ${region}`, project && `Pinecone project ${project}`].filter(Boolean).join(', ')
      const question = `Move tenant ${id} to ${where}?`
      await startMoveCommand(context, options, { tenantId: id, kind: 'relocate', region, project, question })
    })
}
