import type { TenantRoute } from '../../placement/phase.ts'
import type { Placement } from '../../placement/placement.ts'
import type { TenantId } from '../../placement/tenant-id.ts'

/** Permission to write to one place. The writer must end it in any case: a move waits for it. */
export interface WritePermit {
  readonly placement: Placement
  /** The other place of a move: the mover carries the write over to it. */
  readonly follower?: Placement
  readonly epoch: number
  /** Set while the tenant is being moved: the write must be entered in this move's change log before it is sent. */
  readonly moveId?: string
  /** The lease of the write, for its entry in the change log. */
  readonly session?: string
  /** Fires when this replica loses its lease. Pass it to every store call: nothing may be sent after it. */
  readonly signal: AbortSignal
  /** `in_doubt`: a store call got no answer and may still land; a move waits until it no longer can. */
  end(outcome: 'settled' | 'in_doubt'): void
}

/** A replica's view of the tenants' places: cached, bounded, and valid as long as the replica's lease. */
export interface TenantRoutes {
  /**
   * Returns the place of the tenant's reads, from the cache without waiting when it can.
   * @throws AppError `tenant_unknown` (not onboarded, or offboarded), `tenant_suspended`, `tenant_not_ready`,
   *   `registry_unavailable` (Postgres is unavailable and the lease expired).
   */
  find(tenantId: TenantId): TenantRoute | Promise<TenantRoute>
  /**
   * Begins a write: returns its place and makes moves wait for it. Needs no call to Postgres in the steady phase. While
   * a move cuts over, it waits for the end of the cutover.
   * @throws besides those of `find`: `writes_held` when the cutover takes longer than a fence may last.
   */
  beginWrite(tenantId: TenantId): Promise<WritePermit>
  /** Reads the registry now: a cached route turned out to be old. */
  catchUp(): Promise<void>
}
