import type { TenantWork } from '../../tenants/tenant-work.ts'
import type { AnyRoute } from '../route.ts'
import { auditRoutes } from './audit.ts'
import { indexRoutes } from './indexes.ts'
import { type MoveRouteDeps, moveRoutes } from './moves.ts'
import { tenantRoutes } from './tenants.ts'

export interface AdminRouteDeps {
  readonly tenants: TenantWork
  readonly moves: MoveRouteDeps
}

/** What staff and their scripts call; section 3 of docs/contract.md. */
export function adminRoutes({ tenants, moves }: AdminRouteDeps): readonly AnyRoute[] {
  return [...tenantRoutes(tenants), ...moveRoutes(moves), ...indexRoutes(tenants), ...auditRoutes(tenants)]
}
