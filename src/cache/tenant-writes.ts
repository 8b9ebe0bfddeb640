import type { TenantId } from '../placement/tenant-id.ts'

/** Tells all replicas that what was kept of a tenant's answers is void. */
export interface TenantWrites {
  /** Drops the tenant's cached answers here before it returns, and in the other replicas soon after. Never fails. */
  announce(tenantId: TenantId): void
}
