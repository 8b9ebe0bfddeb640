import type { Clock } from '../../clock.ts'
import type { TenantId } from '../../placement/tenant-id.ts'

export interface LeasedRoutesOptions {
  readonly leaseMs: number
  readonly storeInDoubtMs: number
  /** Longest wait of a write for the end of a cutover; no fence lasts longer. */
  readonly holdMs: number
  /** Behaviour of reads when Postgres is unavailable for longer than the lease. */
  readonly outageReads: 'stale' | 'stop'
  /** Tenants cached, at most. */
  readonly maxTenants?: number
  readonly onError?: (error: unknown) => void
  /** Called when an exchange with the registry hangs: replace its connections, so that pending calls fail. */
  readonly onHung?: () => void
  /** Called when a write is refused because a move holds the tenant's writes. */
  readonly onHeld?: () => void
  /** A tenant's route changed, or every route may have (`undefined`): drop the results cached for it. */
  readonly onChanged?: (tenantId: TenantId | undefined) => void
  readonly clock?: Clock
}
