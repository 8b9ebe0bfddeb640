import type { Command } from 'commander'
import type { Context } from '../kit/context.ts'
import { changing } from '../kit/verb.ts'
import { type MoveOptions, moving, startMove } from '../watch/start-move.ts'

export function promote(context: Context): Command {
  return moving(
    changing({
      usage: 'promote <id>',
      summary: 'move a tenant from the shared pool to an index of its own while its app goes on',
      example: 'promote acme-bikes --plan',
    }),
  ).action(async (id: string, options: MoveOptions) => {
    const question = `Promote tenant ${id} to an index of its own?`
    await startMove(context, options, { tenantId: id, kind: 'promote', question })
  })
}
