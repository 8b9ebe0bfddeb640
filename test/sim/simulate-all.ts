import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { LaneAnswer, LaneWork } from './simulate-lane.ts'

export interface Tally {
  /** Histories played to their end. */
  readonly histories: number
  /** Count of each deed. */
  readonly deeds: ReadonlyMap<string, number>
  readonly failures: readonly Failure[]
}

export interface Failure {
  readonly seed: number
  /** The fault, with the events before it. */
  readonly fault: string
}

export interface Plan {
  /** The first seed. */
  readonly seed: number
  /** Histories, at most. */
  readonly count: number
  /** After this time no more histories begin, once `atLeast` have begun. */
  readonly budget?: { readonly ms: number; readonly atLeast: number }
  /** Share of histories in which somebody damages a place, from 0 to 1. */
  readonly damageShare?: number
  /** Ends the lanes at once. */
  readonly signal?: AbortSignal
  readonly onAnswer?: (answer: LaneAnswer) => void
}

/** Runs the histories of the seeds from `seed` on, in a thread for each database. */
export async function simulateAll(urls: readonly string[], plan: Plan): Promise<Tally> {
  const { seed, count, budget, damageShare = 0, signal, onAnswer } = plan
  const deeds = new Map<string, number>()
  const failures: Failure[] = []
  let histories = 0
  const taken = new Int32Array(new SharedArrayBuffer(8))
  taken[1] = count
  const enough = () => Atomics.store(taken, 1, Math.min(count, Math.max(budget?.atLeast ?? 0, Atomics.load(taken, 0))))
  const timer = budget && setTimeout(enough, budget.ms)
  await Promise.all(
    urls.map(async (url) => {
      const work: LaneWork = { url, taken, from: seed, damageShare }
      const lane = new Worker(new URL('simulate-lane.ts', import.meta.url), { workerData: work })
      signal?.addEventListener('abort', () => void lane.terminate())
      lane.on('message', (answer: LaneAnswer) => {
        histories += 1
        for (const deed of answer.deeds) deeds.set(deed, (deeds.get(deed) ?? 0) + 1)
        if (answer.fault !== undefined) failures.push({ seed: answer.seed, fault: answer.fault })
        onAnswer?.(answer)
      })
      await once(lane, 'exit')
    }),
  )
  clearTimeout(timer)
  return { histories, deeds, failures }
}
