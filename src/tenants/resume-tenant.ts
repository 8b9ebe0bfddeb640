import type { StaffPrincipal } from '../auth/principal.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import type { TenantWork } from './onboard/tenant-work.ts'
import { type SwitchedTenant, switchStatus } from './switch-status.ts'

/**
 * Serves a suspended tenant again. A repeat changes nothing.
 * @throws AppError `not_found`, `tenant_not_ready`, `conflict` (it is offboarded)
 */
export async function resumeTenant(
  deps: Pick<TenantWork, 'db' | 'settings'>,
  actor: StaffPrincipal,
  tenantId: TenantId,
): Promise<SwitchedTenant> {
  return switchStatus(deps, actor, tenantId, { from: 'suspended', to: 'active', action: 'tenant.resume' })
}
