import type { StaffPrincipal } from '../../auth/principal.ts'
import { AppError } from '../../errors.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { lockTenantRow } from '../../registry/tenants.ts'
import { refuseWhileUnsealed } from '../adopt/refuse-unsealed.ts'
import { refuseWhileMoving } from '../open-move.ts'
import { showTenant } from '../show-tenant.ts'
import type { TenantView } from '../tenant-view.ts'
import { beginOffboardings } from './begin-offboarding.ts'
import { type FinishDeps, finishOffboarding } from './finish-offboarding.ts'

/**
 * Ends a tenant for good. From the commit on no replica serves it; `finishOffboarding` deletes its data in the
 * background, also after a crash. A repeat returns the progress, and the receipt once there is one.
 * @throws AppError `not_found`, `tenant_not_ready` (it is still being provisioned), `move_in_progress`,
 *   `conflict` (an older key may still write to its adopted index)
 */
export async function offboardTenant(deps: FinishDeps, actor: StaffPrincipal, tenantId: TenantId): Promise<TenantView> {
  const status = await deps.db.transaction(async (tx) => {
    const tenant = await lockTenantRow(tx, tenantId)
    // Under the tenant's lock: a move takes it too before it begins.
    await refuseWhileMoving(tx, tenantId)
    await refuseWhileUnsealed(tx, tenantId)
    if (tenant === undefined) throw new AppError('not_found', 'There is no such tenant.')
    if (tenant.status === 'provisioning') {
      throw new AppError('tenant_not_ready', 'The tenant is still being set up; offboard it when that is done.', {
        retryAfterS: 5,
      })
    }
    if (tenant.status === 'held') {
      const words = `The tenant is held after a restore. To delete it: tenant-router reconcile accept ${tenantId} --offboard`
      throw new AppError('conflict', words)
    }
    if (tenant.status === 'offboarding' || tenant.status === 'offboarded') return tenant.status
    await beginOffboardings(tx, actor, [tenantId], { from: tenant.status })
    return 'offboarding'
  })
  const view = await showTenant(deps, tenantId)
  // A fault is logged by the background; the next sweep takes it up.
  if (status === 'offboarding') void finishOffboarding(deps, tenantId).catch(() => undefined)
  return view
}
