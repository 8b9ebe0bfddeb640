import type { StaffPrincipal } from '../auth/principal.ts'
import { AppError } from '../errors.ts'
import type { TenantStatus } from '../placement/phase.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { appendAudit } from '../registry/audit/audit.ts'
import { changeStatus, lockTenantRow } from '../registry/tenants.ts'
import { tickRouting } from '../routing/change-routing.ts'
import type { TenantWork } from './onboard/tenant-work.ts'
import { showTenant } from './show-tenant.ts'
import type { TenantView } from './tenant-view.ts'

interface Switch {
  readonly from: TenantStatus
  readonly to: TenantStatus
  readonly action: string
}

/** Changes one status to the other and announces it to every replica; does nothing if it is already there. */
export async function switchStatus(
  deps: Pick<TenantWork, 'db'>,
  actor: StaffPrincipal,
  tenantId: TenantId,
  { from, to, action }: Switch,
): Promise<TenantView> {
  await deps.db.transaction(async (tx) => {
    const tenant = await lockTenantRow(tx, tenantId)
    if (tenant === undefined) throw new AppError('not_found', 'There is no such tenant.')
    if (tenant.status === to) return
    if (tenant.status === 'provisioning') {
      throw new AppError('tenant_not_ready', 'The tenant is still being set up.', { retryAfterS: 5 })
    }
    if (tenant.status !== from) throw new AppError('conflict', `The tenant is ${tenant.status}.`)
    await changeStatus(tx, [tenantId], from, to)
    await appendAudit(tx, [{ actor, action, tenantId, before: { status: from }, after: { status: to } }])
    await tickRouting(tx, tenantId)
  })
  return showTenant(deps, tenantId)
}
