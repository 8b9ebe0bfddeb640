import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { LaneAnswer, LaneWork } from './simulate-lane.ts'

export interface Tally {
  /** How many were played to their end. */
  readonly histories: number
  /** How often each deed was done. */
  readonly deeds: ReadonlyMap<string, number>
  readonly failures: readonly Failure[]
}

export interface Failure {
  readonly seed: number
  /** What went wrong, and what had happened before. */
  readonly fault: string
}

/** Runs the histories of `count` seeds from `seed` on, in a thread for each database. */
export async function simulateAll(
  urls: readonly string[],
  { seed, count, onAnswer }: { seed: number; count: number; onAnswer?: (answer: LaneAnswer) => void },
): Promise<Tally> {
  const deeds = new Map<string, number>()
  const failures: Failure[] = []
  let histories = 0
  const next = new Int32Array(new SharedArrayBuffer(4))
  await Promise.all(
    urls.map(async (url) => {
      const work: LaneWork = { url, next, from: seed, end: seed + count }
      const lane = new Worker(new URL('simulate-lane.ts', import.meta.url), { workerData: work })
      lane.on('message', (answer: LaneAnswer) => {
        histories += 1
        for (const deed of answer.deeds) deeds.set(deed, (deeds.get(deed) ?? 0) + 1)
        if (answer.fault !== undefined) failures.push({ seed: answer.seed, fault: answer.fault })
        onAnswer?.(answer)
      })
      await once(lane, 'exit')
    }),
  )
  return { histories, deeds, failures }
}
