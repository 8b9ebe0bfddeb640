import type { TenantRoute } from '../../placement/phase.ts'
import type { Placement } from '../../placement/placement.ts'
import type { TenantId } from '../../placement/tenant-id.ts'

/** Leave to write to one place. It must be ended, whatever happened: a move waits for it. */
export interface WritePermit {
  readonly placement: Placement
  readonly epoch: number
  /** The tenant is being moved: the write has to be journaled under this move before it is sent. */
  readonly moveId?: string
  /** The lease that the write runs under, for its journal. */
  readonly session?: string
  /** Fires when this replica loses its lease: pass it to every store call, nothing may be sent after it. */
  readonly signal: AbortSignal
  /** `in_doubt`: a store call got no answer and may still land; a move waits until it no longer can. */
  end(outcome: 'settled' | 'in_doubt'): void
}

/** A replica's view of where tenants live: cached, bounded, and true as long as the replica's lease. */
export interface TenantRoutes {
  /**
   * Where the tenant's reads go. Answers from the cache without waiting when it can.
   * @throws AppError `tenant_unknown` (not onboarded, or offboarded), `tenant_suspended`, `tenant_not_ready`,
   *   `registry_unavailable` (Postgres away and the lease over).
   */
  find(tenantId: TenantId): TenantRoute | Promise<TenantRoute>
  /**
   * Begins a write: says where it goes and makes moves wait for it. No call to Postgres in the steady phase. While a
   * move switches, it waits for the end of the switch.
   * @throws besides those of `find`: `writes_held` when the switch takes longer than a fence may last.
   */
  beginWrite(tenantId: TenantId): Promise<WritePermit>
  /** Looks at the registry now: what is remembered turned out to be old. */
  catchUp(): Promise<void>
}
