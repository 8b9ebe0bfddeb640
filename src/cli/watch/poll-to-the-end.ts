import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from '../kit/context.ts'
import { CliError, exitCodes } from '../kit/exit-code.ts'
import { Connection } from './connection.ts'

interface Polled<T> {
  /** Reads how far it is. */
  readonly read: () => Promise<T>
  readonly isOver: (one: T) => boolean
  readonly show?: (one: T) => void
  readonly everyMs: number
  /** Work of the service meanwhile, as in `the run goes on`. */
  readonly goesOn: string
  /** The way to see it again, as a sentence. */
  readonly again: string
}

/**
 * Looks at something that goes on at the service until it is over, also while the service is away for up to two minutes.
 * @param first how far it was when it began
 * @throws CliError `interrupted` on Ctrl-C, which leaves it running; `failed` when the service was away for longer;
 *   `refused` as the service refuses the look
 */
export async function pollToTheEnd<T>(context: Context, first: T, polled: Polled<T>): Promise<T> {
  const { read, isOver, show, everyMs, goesOn, again } = polled
  const connection = new Connection(context, goesOn)
  try {
    for (let last = first; ; ) {
      show?.(last)
      if (isOver(last)) return last
      await sleep(everyMs, undefined, { signal: context.interrupted })
      try {
        last = await read()
        connection.heard()
      } catch (error) {
        connection.missed(error)
      }
    }
  } catch (error) {
    if (context.interrupted.aborted) throw new CliError('interrupted', `No longer watched; ${goesOn}. ${again}`)
    if (!(error instanceof CliError) || error.exitCode === exitCodes.refused) throw error
    throw new CliError('failed', `${error.message}\nHow far it is, is not known here. ${again}`)
  }
}
