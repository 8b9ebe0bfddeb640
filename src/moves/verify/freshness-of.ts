import type { MoveRow } from '../state/move-history.ts'
import type { Freshness } from '../state/verification.ts'
import { intervalOf } from './verify-again.ts'

/** A comparison older than three intervals is stale; one that takes long has a longer interval. */
export function freshnessOf({ verification, verifiedAgain, endedAt }: MoveRow): Freshness | null {
  const at = verifiedAgain?.at ?? verification?.verifiedAt
  if (at === undefined || endedAt !== null) return null
  const ageMs = Math.max(0, Date.now() - Date.parse(at))
  const intervalMs = intervalOf(verifiedAgain?.tookMs ?? 0)
  return {
    at,
    ageS: Math.floor(ageMs / 1000),
    isStale: ageMs > 3 * intervalMs,
    different: verifiedAgain?.different ?? 0,
  }
}
