import type { TenantId } from '../placement/tenant-id.ts'

/** Tells all replicas that a tenant's cached answers are stale. */
export interface TenantWrites {
  /**
   * Drops the tenant's cached answers in this replica before it returns, and in the others soon after. Never throws.
   */
  announce(tenantId: TenantId): void
}
