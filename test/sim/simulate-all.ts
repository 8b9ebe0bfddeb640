import { simulate } from './simulate.ts'

export interface Tally {
  readonly histories: number
  /** How often each deed was done. */
  readonly deeds: ReadonlyMap<string, number>
  readonly failures: readonly { readonly seed: number; readonly error: Error }[]
}

/** Runs the histories of `count` seeds, side by side on as many databases as there are. */
export async function simulateAll(
  urls: readonly string[],
  { seed, count, onFailure }: { seed: number; count: number; onFailure?: (error: Error) => void },
): Promise<Tally> {
  const deeds = new Map<string, number>()
  const failures: { seed: number; error: Error }[] = []
  let next = seed
  await Promise.all(
    urls.map(async (url) => {
      while (next < seed + count) {
        const mine = next++
        try {
          for (const deed of (await simulate(url, mine)).deeds) deeds.set(deed, (deeds.get(deed) ?? 0) + 1)
        } catch (fault) {
          const error = fault instanceof Error ? fault : new Error(String(fault))
          failures.push({ seed: mine, error })
          onFailure?.(error)
        }
      }
    }),
  )
  return { histories: count, deeds, failures }
}
