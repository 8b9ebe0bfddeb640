import type { Command } from 'commander'
import type { Context } from '../kit/context.ts'
import { changing } from '../kit/verb.ts'
import { type MoveOptions, moving, startMoveCommand } from '../watch/start-move.ts'

export function promoteCommand(context: Context): Command {
  return moving(
    changing({
      usage: 'promote <id>',
      summary: 'move a tenant from the shared pool to an index of its own while its app goes on',
      example: 'promote acme-bikes --plan',
    }),
  ).action(async (id: string, options: MoveOptions) => {
    const question = `Promote tenant ${id} to an index of its own?`
    await startMoveCommand(context, options, { tenantId: id, kind: 'promote', question })
  })
}
