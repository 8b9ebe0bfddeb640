import type { Command } from 'commander'
import type { Context } from '../kit/context.ts'
import { type ChangeOptions, changing } from '../kit/verb.ts'
import { steerMoveCommand } from '../watch/steer-move.ts'

export function movesPause(context: Context): Command {
  return changing({
    usage: 'pause <id>',
    summary: 'pause a move before its switch; the app keeps writing',
    example: 'moves pause 018f3c2e --yes',
  }).action((id: string, options: ChangeOptions) =>
    steerMoveCommand(context, options, id, {
      verb: 'pause',
      question: (move) => `Pause move ${move}? It stays where it is until it is resumed.`,
    }),
  )
}
