import type { Command } from 'commander'
import { positiveNumber, share } from '../../kit/arguments.ts'
import type { Context } from '../../kit/context.ts'
import { CliError } from '../../kit/exit-code.ts'
import { changing } from '../../kit/verb.ts'
import { type MoveOptions, moving, startMoveCommand } from '../../watch/start-move.ts'
import { listReembeds, startReembeds, stopReembeds } from './index-reembeds.ts'
import { supplyFile } from './supply-file.ts'

interface Options extends MoveOptions {
  readonly model?: string
  readonly to?: string
  readonly leaveBehind?: number
  readonly vectorsFrom?: string
  readonly maxRecallLoss?: number
  readonly index?: string
  readonly budgetTokensADay?: number
  readonly stop?: true
  readonly list?: true
}

export function reembed(context: Context): Command {
  return moving(
    changing({
      usage: 'reembed [id]',
      summary:
        'give a tenant, or all of an index, another embedding model while apps go on: every text is embedded anew',
      example: 'reembed acme-bikes --model text-embedding-3-large --plan',
    }),
  )
    .option('--model <model>', 'the model to go to, by its name in the settings')
    .option('--to <index>', 'target index of a tenant in a shared one (default: the fullest of that model)')
    .option('--leave-behind <records>', 'records without a text that may stay behind in the old place', positiveNumber)
    .option('--vectors-from <file>', 'vectors for records without a text: a line of JSON each, {"id", "values"}')
    .option(
      '--max-recall-loss <share>',
      'wait before the switch until `eval --move` shows that recall@5 is lower by this at most, as in 0.02',
      share,
    )
    .option('--index <index>', 'instead of one tenant: all of this index, one after another')
    .option('--budget-tokens-a-day <tokens>', 'of an index: no move begins once this is used', positiveNumber)
    .option('--stop', 'of an index: begin no more moves')
    .option('--list', 'show the indexes whose tenants change their model, and how far they are')
    .action(async (id: string | undefined, wanted: Options) => {
      const { model, to, leaveBehind, vectorsFrom: path, maxRecallLoss, ...rest } = wanted
      const { index, budgetTokensADay, stop, list, ...options } = rest
      if (list) return listReembeds(context, options)
      if (index !== undefined) {
        if (id !== undefined || to !== undefined || path !== undefined || options.plan)
          throw new CliError(
            'usage',
            '--index is of all its tenants: it takes no tenant, --to, --vectors-from or --plan.',
          )
        if (stop) return stopReembeds(context, options, index)
        if (model === undefined || budgetTokensADay === undefined)
          throw new CliError('usage', 'All tenants of an index need --model and --budget-tokens-a-day.')
        const body = { model, tokensPerDay: budgetTokensADay, leaveBehind, maxRecallLoss }
        return startReembeds(context, options, index, body)
      }
      if (id === undefined || model === undefined)
        throw new CliError('usage', 'Name a tenant and --model, or --index with one.')
      const isSent = path !== undefined && options.dryRun !== true
      if (path !== undefined && !isSent) context.remark('A dry run sends no vectors: the plan is that without them.')
      const vectorsFrom = isSent ? await supplyFile(context, { tenantId: id, model, path }) : undefined
      const question = `Embed every text of tenant ${id} anew, by the model ${model}?`
      const conditions = { model, to, leaveBehind, vectorsFrom, maxRecallLoss }
      return startMoveCommand(context, options, { tenantId: id, kind: 'reembed', ...conditions, question })
    })
}
