import { setTimeout as sleep } from 'node:timers/promises'
import type { Tx } from '../db/connect.ts'
import { type Barrier, readBarrier } from '../routing/barrier.ts'

const lookEveryMs = 10

/**
 * Waits until every live replica has applied a change of a tenant's routing, for at most `atMostMs`.
 * @returns how long it took; undefined: some replica has not applied it yet.
 */
export async function untilApplied(tx: Tx, barrier: Barrier, atMostMs: number): Promise<number | undefined> {
  const startedAt = performance.now()
  for (;;) {
    const { behind } = await readBarrier(tx, barrier, 0)
    const tookMs = Math.round(performance.now() - startedAt)
    if (behind === 0) return tookMs
    if (tookMs >= atMostMs) return undefined
    await sleep(lookEveryMs)
  }
}
