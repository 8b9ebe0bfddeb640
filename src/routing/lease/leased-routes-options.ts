import type { Clock } from '../../clock.ts'
import type { TenantId } from '../../placement/tenant-id.ts'

export interface LeasedRoutesOptions {
  readonly leaseMs: number
  readonly storeInDoubtMs: number
  /** How long a write waits for the end of a switch; a fence lasts no longer. */
  readonly holdMs: number
  /** What reads do when Postgres is away longer than the lease. */
  readonly outageReads: 'stale' | 'stop'
  /** Tenants remembered at once. */
  readonly maxTenants?: number
  readonly onError?: (error: unknown) => void
  /** An exchange with the registry takes too long: make its connections anew, so that what waits for them fails. */
  readonly onHung?: () => void
  /** A write was refused because a move holds the tenant's writes. */
  readonly onHeld?: () => void
  /** A tenant's route changed, or everything did (`undefined`): results kept for it are void. */
  readonly onChanged?: (tenantId: TenantId | undefined) => void
  readonly clock?: Clock
}
