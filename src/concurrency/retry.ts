import { setTimeout as sleep } from 'node:timers/promises'
import { isAppError } from '../errors.ts'

/** The store may answer otherwise in a while. */
export function isPassing(error: unknown): boolean {
  return (
    isAppError(error, 'store_busy') || isAppError(error, 'store_unavailable') || isAppError(error, 'outcome_unknown')
  )
}

/** How long before the next try: a tenth of a second at first, five seconds at most. */
export function backoffMs(failures: number): number {
  return Math.min(5000, 100 * 2 ** failures)
}

/** @throws the signal's reason when it fires first. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch((error: unknown) => {
    signal.throwIfAborted()
    throw error
  })
}

/** Does it again as long as the store's fault is one that passes, until `signal`. The work may be done twice. */
export async function persist<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await work()
    } catch (error) {
      if (!isPassing(error)) throw error
      await pause(backoffMs(failures), signal)
    }
  }
}
