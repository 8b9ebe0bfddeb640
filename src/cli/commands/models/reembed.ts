import type { Command } from 'commander'
import { positiveNumber, share } from '../../kit/arguments.ts'
import type { Context } from '../../kit/context.ts'
import { changing } from '../../kit/verb.ts'
import { type MoveOptions, moving, startMoveCommand } from '../../watch/start-move.ts'
import { supplyFile } from './supply-file.ts'

interface Options extends MoveOptions {
  readonly model: string
  readonly to?: string
  readonly leaveBehind?: number
  readonly vectorsFrom?: string
  readonly maxRecallLoss?: number
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
    .option('--vectors-from <file>', 'vectors for records without a text: a line of JSON each, {"id", "values"}')
    .option(
      '--max-recall-loss <share>',
      'wait before the switch until `eval --move` shows that recall@5 is lower by this at most, as in 0.02',
      share,
    )
    .action(async (id: string, { model, to, leaveBehind, vectorsFrom: path, maxRecallLoss, ...options }: Options) => {
      const isSent = path !== undefined && options.dryRun !== true
      if (path !== undefined && !isSent) context.remark('A dry run sends no vectors: the plan is that without them.')
      const vectorsFrom = isSent ? await supplyFile(context, { tenantId: id, model, path }) : undefined
      const question = `Embed every text of tenant ${id} anew, by the model ${model}?`
      const wanted = {
        tenantId: id,
        kind: 'reembed',
        model,
        to,
        leaveBehind,
        vectorsFrom,
        maxRecallLoss,
        question,
      } as const
      await startMoveCommand(context, options, wanted)
    })
}
