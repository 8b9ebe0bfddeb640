import type { Command } from 'commander'
import type { Context } from '../kit/context.ts'
import { changing } from '../kit/verb.ts'
import { type SteerOptions, steerMoveCommand, withWatch } from '../watch/steer-move.ts'
import { acceptLossOption } from '../watch/steer-path.ts'

export function movesComplete(context: Context): Command {
  const command = changing({
    usage: 'complete <id>',
    summary: 'end the retention early: the old place is deleted and there is no way back',
    example: 'moves complete 018f3c2e --yes',
  })
  return withWatch(command)
    .addOption(acceptLossOption())
    .action((id: string, options: SteerOptions) =>
      steerMoveCommand(context, options, id, {
        verb: 'complete',
        question: (move) =>
          `Complete move ${move}? The old place is deleted, and the move can't be rolled back any more.`,
        wanted: 'complete',
      }),
    )
}
