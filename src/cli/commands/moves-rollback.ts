import type { Command } from 'commander'
import type { Context } from '../kit/context.ts'
import { changing } from '../kit/verb.ts'
import { type SteerOptions, steerMoveCommand, withWatch } from '../watch/steer-move.ts'
import { acceptLossOption } from '../watch/steer-path.ts'

export function movesRollback(context: Context): Command {
  const command = changing({
    usage: 'rollback <id>',
    summary: 'return the tenant to the place it had before the switch, and watch it go',
    example: 'moves rollback 018f3c2e --yes',
  })
  return withWatch(command)
    .addOption(acceptLossOption())
    .action((id: string, options: SteerOptions) =>
      steerMoveCommand(context, options, id, {
        verb: 'rollback',
        question: (move) => `Roll move ${move} back? The tenant is served from its old place again.`,
        wanted: 'undone',
      }),
    )
}
