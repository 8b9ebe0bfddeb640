import type { StaffPrincipal } from '../auth/principal.ts'
import { AppError } from '../errors.ts'
import type { TenantStatus } from '../placement/phase.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { appendAudit } from '../registry/audit/audit.ts'
import { changeStatus, lockTenantRow } from '../registry/tenants.ts'
import { tickRouting } from '../routing/change-routing.ts'
import { readChangeNo } from '../routing/read-change-no.ts'
import type { TenantWork } from './onboard/tenant-work.ts'
import { showTenant } from './show-tenant.ts'
import type { TenantView } from './tenant-view.ts'
import { untilApplied } from './until-applied.ts'

interface Switch {
  readonly from: TenantStatus
  readonly to: TenantStatus
  readonly action: string
}

/** A tenant after a change of its status. */
export interface SwitchedTenant extends TenantView {
  /** Milliseconds until every replica had applied it; null: some had not within a second, and their lease bounds it. */
  readonly everywhereMs: number | null
}

/** Longest wait for the replicas before the answer, where the settings say nothing else. */
const usualWaitMs = 1_000

/**
 * Changes one status to the other, announces it to every replica, and waits until each has applied it. Does nothing if
 * it is already there.
 */
export async function switchStatus(
  deps: Pick<TenantWork, 'db' | 'settings'>,
  actor: StaffPrincipal,
  tenantId: TenantId,
  { from, to, action }: Switch,
): Promise<SwitchedTenant> {
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
  const barrier = { tenantId, tick: await readChangeNo(deps.db, tenantId) }
  const tookMs = await untilApplied(deps.db, barrier, deps.settings.everywhereWaitMs ?? usualWaitMs)
  return { ...(await showTenant(deps, tenantId)), everywhereMs: tookMs ?? null }
}
