import type { GivenPermits, TakenPermits, WantedPermits } from '../registry/permits/take-permits.ts'

export type PermitAsk = WantedPermits
export type PermitGrant = GivenPermits
export type Permits = TakenPermits

/** Where permits come from. All replicas together are never given more than a limit, beside what was used unasked. */
export interface PermitSource {
  /** @throws AppError `registry_unavailable` when limits can't be told and nobody is to be served without. */
  take(asks: readonly PermitAsk[]): Promise<Permits>
}

/** One ask of all that is left for so many: the last permits don't lie unused with one replica. */
export const shareOfRest = 8
