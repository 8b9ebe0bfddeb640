import type { Context } from '../kit/context.ts'
import type { Move } from '../kit/move.ts'
import { printable } from '../kit/printable.ts'
import { doneOf, pace, progressLine } from './progress-line.ts'

/**
 * Shows a move in logs and pipes: a line when its state or what it waits for changes, and at every tenth of a stage.
 */
export async function watchLines(context: Context, moves: AsyncIterable<Move>): Promise<Move | undefined> {
  const rate = pace()
  let said = ''
  let last: Move | undefined
  for await (const move of moves) {
    last = move
    const perSecond = rate.at(doneOf(move))
    const tenths = Math.floor((10 * doneOf(move)) / (move.progress?.total || 1))
    const key = `${move.state} ${move.gate ?? ''} ${tenths}`
    if (key === said) continue
    said = key
    const parts = [progressLine(move, perSecond), move.gate ? `waits: ${printable(move.gate)}` : ''].filter(
      (part) => part !== '',
    )
    context.write(`${new Date().toISOString()} ${move.state}${parts.length === 0 ? '' : ` ${parts.join('; ')}`}`)
  }
  return last
}
