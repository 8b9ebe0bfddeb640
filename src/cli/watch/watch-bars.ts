import type { Context } from '../kit/context.ts'
import type { Move } from '../kit/move.ts'
import { printable } from '../kit/printable.ts'
import { doneOf, pace, progressLine, timeLeft } from './progress-line.ts'
import { stageOf, stages } from './stages.ts'

/**
 * Shows a move on a terminal, a line a stage: `✓` before those that are done, and the present one below them with a
 * bar, rate and time left. A stage that is left undone gets a `–`, with the reason where it is the watcher.
 */
export async function watchBars(context: Context, moves: AsyncIterable<Move>): Promise<Move | undefined> {
  const rate = pace()
  let last: Move | undefined
  let at = 0
  let sinceMs: number | undefined
  const advance = (to: number) => {
    while (at < to) {
      // Stages before the first look may have been over for long.
      const took = sinceMs === undefined ? '' : `  ${timeLeft((performance.now() - sinceMs) / 1000)}`
      context.write(`✓ ${stages[at]}${took}`)
      at += 1
      sinceMs = at < to ? undefined : performance.now()
    }
    sinceMs ??= performance.now()
  }
  try {
    for await (const move of moves) {
      const isFirst = last === undefined
      last = move
      const stage = stageOf(move.state)
      if (stage !== undefined) advance(stage)
      if (isFirst && stage === undefined && move.state !== 'paused') at = stages.length
      context.status(lineOf(context, move, at, rate.at(doneOf(move))))
    }
  } catch (error) {
    const why = context.interrupted.aborted ? 'no longer watched' : 'not known'
    if (at < stages.length) context.write(`– ${stages[at]}: ${why}`)
    throw error
  }
  if (at < stages.length && last !== undefined) context.write(`– ${stages[at]}: ${last.state.replaceAll('_', ' ')}`)
  context.status('')
  return last
}

/** Shows a move that a person has sent on a way of one stage: back, or to its end. */
export async function watchOneStage(
  context: Context,
  moves: AsyncIterable<Move>,
  title: string,
): Promise<Move | undefined> {
  let last: Move | undefined
  try {
    for await (const move of moves) {
      last = move
      context.status(`… ${title}: ${move.state.replaceAll('_', ' ')}${waits(move)}`)
    }
  } catch (error) {
    if (context.interrupted.aborted) context.write(`– ${title}: no longer watched`)
    throw error
  }
  context.status('')
  return last
}

function lineOf(context: Context, move: Move, at: number, perSecond: number | undefined): string {
  const title = stages[at]
  if (stageOf(move.state) === undefined) {
    return `… ${title ?? 'Move'}: ${move.state.replaceAll('_', ' ')}${waits(move)}`
  }
  if (title === undefined) return ''
  const first = `… ${title}  `
  const room = (context.columns() ?? 80) - first.length - 1
  return `${first}${progressLine(move, perSecond, room)}${waits(move)}`.trimEnd()
}

function waits({ gate }: Move): string {
  return gate ? `  waits: ${printable(gate)}` : ''
}
