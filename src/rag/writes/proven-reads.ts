import type { Clock } from '../../clock.ts'
import { isAppError } from '../../errors.ts'
import { probeId } from '../../stores/reserved.ts'
import type { ReadMark, TenantStore } from '../../stores/store.ts'

const firstPauseMs = 20
const longestPauseMs = 500

/** Reads of one place that show every write answered on any replica before this began (docs/moves.md A3). */
export interface ProvenReads {
  /** The sequence number that the reads are proven to show; absent where only time proves them. */
  readonly lsn?: number
  /** Reads until the answer is proven. */
  read<T extends ReadMark>(look: () => Promise<T>): Promise<T>
}

/**
 * Prepares proven reads. A write that changes nothing returns the namespace's latest sequence number; a read returns
 * how far it shows. Where either is missing, the only proof is the time after which every answered write is visible.
 */
export async function provenReads(
  store: TenantStore,
  { clock, storeVisibleMs }: { readonly clock: Pick<Clock, 'now' | 'sleep'>; readonly storeVisibleMs: number },
): Promise<ProvenReads> {
  const beganAtMs = clock.now()
  const lsn = await store.deleteIds([probeId]).then(
    (receipt) => receipt.lsn,
    (fault) => {
      if (isAppError(fault, 'outcome_unknown')) return undefined
      throw fault
    },
  )
  return {
    ...(lsn !== undefined && { lsn }),
    async read(look) {
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
        const lookedAtMs = clock.now()
        const answer = await look()
        if (lsn !== undefined && answer.indexedLsn !== undefined && answer.indexedLsn >= lsn) return answer
        if (lookedAtMs - beganAtMs >= storeVisibleMs) return answer
        await clock.sleep(Math.max(1, Math.min(pauseMs, beganAtMs + storeVisibleMs - clock.now())))
      }
    },
  }
}
