import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/connect.ts'
import type { VectorStore } from '../../stores/store.ts'
import type { StoreFinding } from '../state/finding.ts'

export interface LookDeps {
  readonly db: Db
  readonly stores: VectorStore
  readonly settings: {
    readonly projects: readonly { readonly name: string }[]
    readonly indexPrefix: string
    /** How late the store shows an answered write, at most: what is odd is looked at again after it. */
    readonly storeVisibleMs: number
  }
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Pause between two calls to one index: the apps' own requests come first. */
export const pauseMs = 20

/**
 * Looks again at what seemed odd, once all that was answered before the first look is shown.
 *
 * @param seenAtMs of the clock, after the first look.
 * @param again the finding, if it stands.
 */
export async function lookTwice<T>(
  deps: LookDeps,
  odd: readonly T[],
  seenAtMs: number,
  again: (one: T) => Promise<StoreFinding | undefined>,
): Promise<readonly StoreFinding[]> {
  if (odd.length === 0) return []
  await untilShown(deps, seenAtMs)
  const { clock, signal } = deps
  const found: StoreFinding[] = []
  for (const one of odd) {
    signal.throwIfAborted()
    const finding = await again(one)
    if (finding !== undefined) found.push(finding)
    await clock.sleep(pauseMs, signal)
  }
  return found
}

/** Waits until the store shows whatever was answered before `seenAtMs`. */
export async function untilShown({ clock, settings, signal }: LookDeps, seenAtMs: number): Promise<void> {
  await clock.sleep(Math.max(0, seenAtMs + settings.storeVisibleMs - clock.now()), signal)
}
