import type { Command } from 'commander'
import { positiveNumber } from '../../kit/arguments.ts'
import type { Context } from '../../kit/context.ts'
import { changing } from '../../kit/verb.ts'
import { type MoveOptions, moving, startMoveCommand } from '../../watch/start-move.ts'

interface Options extends MoveOptions {
  readonly model: string
  readonly to?: string
  readonly leaveBehind?: number
}

export function reembed(context: Context): Command {
  return moving(
    changing({
      usage: 'reembed <id>',
      summary: 'give a tenant another embedding model while its app goes on: every text is embedded anew',
      example: 'reembed acme-bikes --model text-embedding-3-large --plan',
    }),
  )
    .requiredOption('--model <model>', 'the model to go to, by its name in the settings')
    .option('--to <index>', 'target index of a tenant in a shared one (default: the fullest of that model)')
    .option('--leave-behind <records>', 'records without a text that may stay behind in the old place', positiveNumber)
    .action(async (id: string, { model, to, leaveBehind, ...options }: Options) => {
      const question = `Embed every text of tenant ${id} anew, by the model ${model}?`
      await startMoveCommand(context, options, { tenantId: id, kind: 'reembed', model, to, leaveBehind, question })
    })
}
