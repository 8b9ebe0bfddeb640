import type { Command } from 'commander'
import type { Context } from '../kit/context.ts'
import { changing } from '../kit/verb.ts'
import { type SteerOptions, steerMoveCommand, withWatch } from '../watch/steer-move.ts'
import { acceptLossOption } from '../watch/steer-path.ts'

export function movesCancel(context: Context): Command {
  const command = changing({
    usage: 'cancel <id>',
    summary: 'cancel a move before its switch; the tenant stays where it is',
    example: 'moves cancel 018f3c2e --yes',
  })
  return withWatch(command)
    .addOption(acceptLossOption())
    .action((id: string, options: SteerOptions) =>
      steerMoveCommand(context, options, id, {
        verb: 'cancel',
        question: (move) => `Cancel move ${move}? What was copied is dropped.`,
        wanted: 'undone',
      }),
    )
}
