import type { Command } from 'commander'
import type { Context } from '../kit/context.ts'
import { CliError } from '../kit/exit-code.ts'
import { changing } from '../kit/verb.ts'
import { drainIndex } from '../watch/drain-index.ts'
import { type MoveOptions, moving, startMoveCommand } from '../watch/start-move.ts'

interface Options extends MoveOptions {
  readonly to?: string
  readonly drain?: string
}

export function rebalance(context: Context): Command {
  return moving(
    changing({
      usage: 'rebalance [id]',
      summary: 'move a tenant from one shared index to another, or all tenants out of one',
      example: 'rebalance acme-bikes --to tenant-router-pool-2 --yes',
    }),
  )
    .option('--to <index>', 'target index (default: the fullest other one with capacity)')
    .option(
      '--drain <index>',
      'instead of one tenant: move every tenant out of this shared index, and admit no new ones',
    )
    .action(async (id: string | undefined, { to, drain, ...options }: Options) => {
      if (drain !== undefined) {
        if (id !== undefined || to !== undefined || options.plan)
          throw new CliError('usage', '--drain empties an index: it takes no tenant, no --to and no --plan.')
        await drainIndex(context, options, drain)
        return
      }
      if (id === undefined) throw new CliError('usage', 'Name a tenant, or --drain with an index.')
      const question = `Move tenant ${id} to ${to === undefined ? 'another shared index' : `index ${to}`}?`
      await startMoveCommand(context, options, { tenantId: id, kind: 'rebalance', to, question })
    })
}
