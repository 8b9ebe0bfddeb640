import { Listr } from 'listr2'
import type { Context } from '../kit/context.ts'
import type { Move } from '../kit/move.ts'
import { printable } from '../kit/printable.ts'
import { doneOf, pace, progressLine } from './progress-line.ts'
import { stageOf, stages } from './stages.ts'
import { watchLines } from './watch-lines.ts'

/** Shows a move on a terminal: its stages below one another, the present one with a bar, rate and time left. */
export async function watchBars(context: Context, moves: AsyncIterable<Move>): Promise<Move | undefined> {
  const iterator = moves[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (first.done) return undefined
  let move: Move = first.value
  // A move on its way back goes through none of the stages.
  if (isOffTheRoad(move)) return watchLines(context, withFirst(move, iterator))
  const next = async () => {
    const { done, value } = await iterator.next()
    if (!done) move = value
    return !done
  }
  const rate = pace()
  const list = new Listr(
    stages.map((title, stage) => ({
      title,
      async task(_, task) {
        // A pause keeps the stage; any other way off the road ends the list, and the caller says why.
        while ((stageOf(move.state) ?? stage) <= stage) {
          if (stageOf(move.state) === undefined && move.state !== 'paused')
            throw new Error(move.state.replace('_', ' '))
          task.output = context.asCalled(outputOf(move, rate.at(doneOf(move))))
          if (!(await next())) break
        }
      },
      rendererOptions: { persistentOutput: false },
    })),
    {
      rendererOptions: { collapseErrors: false, showErrorMessage: true },
      exitOnError: true,
      registerSignalListeners: false,
    },
  )
  try {
    await list.run()
  } catch (error) {
    if (!isOffTheRoad(move)) throw error
  }
  // The stages end with the switch; the whole move, with how long writes paused, may still be on its way.
  while (await next());
  return move
}

function isOffTheRoad(move: Move): boolean {
  return stageOf(move.state) === undefined && move.state !== 'paused'
}

async function* withFirst(first: Move, rest: AsyncIterator<Move>): AsyncGenerator<Move> {
  yield first
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
}

function outputOf(move: Move, perSecond: number | undefined): string {
  const bar = move.state === 'queued' || move.state === 'preparing' ? '' : progressLine(move, perSecond, true)
  const waits = move.state === 'paused' ? 'paused' : move.gate ? `waits: ${printable(move.gate)}` : ''
  return [bar, waits].filter((part) => part !== '').join('  ') || move.state
}
