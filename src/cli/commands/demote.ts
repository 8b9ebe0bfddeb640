import type { Command } from 'commander'
import type { Context } from '../kit/context.ts'
import { changing } from '../kit/verb.ts'
import { type MoveOptions, moving, startMoveCommand } from '../watch/start-move.ts'

export function demote(context: Context): Command {
  return moving(
    changing({
      usage: 'demote <id>',
      summary: 'move a tenant from its own index back into the fullest shared one with capacity',
      example: 'demote acme-bikes --yes',
    }),
  ).action(async (id: string, options: MoveOptions) => {
    const question = `Demote tenant ${id} into a shared index? Its own index is deleted when the move is complete.`
    await startMoveCommand(context, options, { tenantId: id, kind: 'demote', question })
  })
}
