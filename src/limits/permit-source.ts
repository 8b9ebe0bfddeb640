import type { TenantId } from '../placement/tenant-id.ts'

/** A replica's wish for permits of one policy in one window. */
export interface PermitAsk {
  readonly tenantId: TenantId
  readonly policy: string
  /** Number of the window: time since 1970 divided by its length. */
  readonly windowNo: number
  readonly windowS: number
  /** The tenant's limit. */
  readonly limit: number
  /** Already used and counted in any case; below 0: given back. */
  readonly used: number
  /** Wanted now, for requests that wait. */
  readonly need: number
  /** Wanted with what the replica will use soon, at least `need`. Near the limit less is given than this. */
  readonly want: number
}

export interface PermitGrant {
  readonly given: number
  /** What the window has left for anyone. */
  readonly left: number
}

export interface Permits {
  /** In the order of the asks. */
  readonly grants: readonly PermitGrant[]
  /** Replicas that share the limits now. */
  readonly replicas: number
}

/** Where permits come from. All replicas together are never given more than a limit, beside what was used unasked. */
export interface PermitSource {
  /** @throws AppError `registry_unavailable` when limits can't be told and nobody is to be served without. */
  take(asks: readonly PermitAsk[]): Promise<Permits>
}

/** One ask of all that is left for so many: the last permits don't lie unused with one replica. */
export const shareOfRest = 8
