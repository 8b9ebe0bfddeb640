import { setTimeout as sleep } from 'node:timers/promises'
import type { ReplicaProcess } from './replica-process.ts'

/** Shorter than `STORE_IN_DOUBT_S`, longer than a lease now and then: docs/moves.md A2. */
const longestFreezeMs = 3_600

/**
 * Strikes a replica now and then until `signal` fires: kills it and starts it again, or stops it for a while.
 * Never both at once, for then nobody would be there to look at.
 *
 * @param plan.struck takes what it has done, in words.
 */
export async function strike(
  replicas: readonly ReplicaProcess[],
  plan: {
    readonly strikes: number
    readonly random: () => number
    readonly signal: AbortSignal
    readonly struck: string[]
  },
): Promise<void> {
  const { random, signal, struck } = plan
  const startedAt = performance.now()
  for (let n = 0; n < plan.strikes; n += 1) {
    await sleep(100 + random() * 900, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) break
    const which = Math.floor(random() * replicas.length)
    const replica = replicas[which] as ReplicaProcess
    const at = `replica ${which} at ${Math.round(performance.now() - startedAt)} ms`
    if (random() < 0.5) {
      struck.push(`killed ${at}`)
      await replica.kill()
      await replica.start()
    } else {
      const ms = Math.round(100 + random() * (longestFreezeMs - 100))
      struck.push(`stopped ${at} for ${ms} ms`)
      replica.freeze()
      await sleep(ms)
      replica.thaw()
    }
  }
}

/** The same numbers for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed * 0x9e3779b1
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
