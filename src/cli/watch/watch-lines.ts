import type { Context } from '../kit/context.ts'
import type { Move } from '../kit/move.ts'
import { printable } from '../kit/printable.ts'
import { doneOf, isCounting, pace, progressLine } from './progress-line.ts'

/**
 * Shows a move in logs and pipes: a line when its state changes, at every tenth of a stage, and for each thing that it
 * waits for. What a state has said once it does not say again: a move that waits now and then, or for more and more of
 * the same, would alternate between two lines.
 */
export async function watchLines(context: Context, moves: AsyncIterable<Move>): Promise<Move | undefined> {
  const rate = pace()
  let state: Move['state'] | undefined
  let tenths = 0
  const waits = new Set<string>()
  let last: Move | undefined
  for await (const move of moves) {
    last = move
    const perSecond = rate.at(doneOf(move))
    const tenthsNow = isCounting(move) ? Math.floor((10 * doneOf(move)) / (move.progress?.total || 1)) : 0
    const wait = (move.gate ?? '').replaceAll(/\d+/g, '#')
    const isNews = move.state !== state || tenthsNow > tenths || (wait !== '' && !waits.has(wait))
    if (move.state !== state) waits.clear()
    tenths = move.state === state ? Math.max(tenths, tenthsNow) : tenthsNow
    state = move.state
    if (wait !== '') waits.add(wait)
    if (!isNews) continue
    const parts = [progressLine(move, perSecond), move.gate ? `waits: ${printable(move.gate)}` : ''].filter(
      (part) => part !== '',
    )
    context.write(`${new Date().toISOString()} ${move.state}${parts.length === 0 ? '' : ` ${parts.join('; ')}`}`)
  }
  return last
}
