import { setTimeout as sleep } from 'node:timers/promises'
import { type Backoff, backoffMs } from '../backoff.ts'
import { isAppError } from '../errors.ts'

/** Whether the store may succeed on a later try. */
export function isPassing(error: unknown): boolean {
  return (
    isAppError(error, 'store_busy') || isAppError(error, 'store_unavailable') || isAppError(error, 'outcome_unknown')
  )
}

/** Delay before the next try: 0.1 s at first, doubled up to 5 s. */
export const storeBackoff: Backoff = { baseMs: 100, maxMs: 5_000 }

/** @throws the signal's reason when it fires first. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch((error: unknown) => {
    signal.throwIfAborted()
    throw error
  })
}

/** Repeats the work until `signal` fires, as long as the store's fault is transient. The work may run twice. */
export async function persist<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await work()
    } catch (error) {
      if (!isPassing(error)) throw error
      await pause(backoffMs(storeBackoff, failures), signal)
    }
  }
}
