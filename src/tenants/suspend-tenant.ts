import type { StaffPrincipal } from '../auth/principal.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import type { TenantWork } from './onboard/tenant-work.ts'
import { type SwitchedTenant, switchStatus } from './switch-status.ts'

/**
 * Stops serving a tenant; its data stays. A repeat changes nothing.
 * @throws AppError `not_found`, `tenant_not_ready`, `conflict` (it is offboarded)
 */
export async function suspendTenant(
  deps: Pick<TenantWork, 'db' | 'settings'>,
  actor: StaffPrincipal,
  tenantId: TenantId,
): Promise<SwitchedTenant> {
  return switchStatus(deps, actor, tenantId, { from: 'active', to: 'suspended', action: 'tenant.suspend' })
}
