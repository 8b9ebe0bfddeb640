import type { Command } from 'commander'
import type { Context } from '../kit/context.ts'
import { changing } from '../kit/verb.ts'
import { steerMoveCommand } from '../watch/steer-move.ts'
import { type AcceptLossOptions, acceptLossOption } from '../watch/steer-path.ts'

export function movesResume(context: Context): Command {
  return changing({
    usage: 'resume <id>',
    summary: 'resume a paused move',
    example: 'moves resume 018f3c2e --yes',
  })
    .addOption(acceptLossOption())
    .option('--accept-recall', 'switch although the recall is lower than demanded, or was not measured')
    .action((id: string, options: AcceptLossOptions) =>
      steerMoveCommand(context, options, id, { verb: 'resume', question: (move) => `Resume move ${move}?` }),
    )
}
