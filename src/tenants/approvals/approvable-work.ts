import type { StaffPrincipal } from '../../auth/principal.ts'
import { startMove } from '../../moves/start-move.ts'
import type { MoveSettings } from '../../moves/sync/step.ts'
import { lookAhead } from '../../moves/target/plan-refusals.ts'
import type { ApprovableCall, ApprovableVerb } from '../../placement/approvable.ts'
import { applyImport } from '../import/apply-import.ts'
import { viewImport } from '../import/import-view.ts'
import { offboardTenant } from '../offboard/offboard-tenant.ts'
import type { TenantWork } from '../onboard/tenant-work.ts'
import { showTenant } from '../show-tenant.ts'
import { suspendTenant } from '../suspend-tenant.ts'

export interface ApprovalDeps extends Omit<TenantWork, 'settings' | typeof Symbol.asyncDispose> {
  readonly settings: TenantWork['settings'] & MoveSettings
  /** The verbs that need a second person. */
  readonly approvals: ReadonlySet<ApprovableVerb>
}

type MoveCall = Extract<ApprovableCall, { readonly verb: 'promote' | 'demote' | 'rebalance' | 'reembed' | 'relocate' }>

/** The facts of a plan: an approval of it is void once one of them is another. */
export type ApprovalPlan = Readonly<Record<string, unknown>>

/**
 * The facts that a call rests on, in the form in which they are shown and compared.
 * @throws AppError for a call that would be refused now.
 */
export async function planOf(deps: ApprovalDeps, call: ApprovableCall): Promise<ApprovalPlan> {
  if (call.verb === 'import') {
    const { file, state, counts } = await viewImport(deps.db, call.importId)
    const { conflict: _conflict, ...rows } = counts
    return { import: call.importId, file, state, ...rows, leaveOutRefused: call.leaveOutRefused }
  }
  const { name, tier, status, region, placement } = await showTenant(deps, call.tenantId)
  const tenant = { tenantId: call.tenantId, name, tier, status, region, placement }
  if (!('to' in call) && (call.verb === 'offboard' || call.verb === 'suspend')) return tenant
  const { verb: kind, ...wanted } = call as MoveCall
  const prospect = await lookAhead(deps.db, deps.settings, { kind, ...wanted })
  const [refusal] = prospect.refusals
  if (refusal !== undefined) throw refusal
  const into = {
    region: prospect.spec.region,
    project: prospect.project?.name ?? prospect.spec.project,
    index: prospect.wanted?.name ?? null,
  }
  const { model, leaveBehind, vectorsFrom, maxRecallLoss } = wanted
  const demand = maxRecallLoss === undefined ? {} : { maxRecallLoss }
  const embedding =
    model === undefined ? {} : { model, leaveBehind: leaveBehind ?? 0, vectorsFrom: vectorsFrom ?? null, ...demand }
  return { ...tenant, kind, into, ...embedding }
}

/** Carries a call out, once it is approved. @returns the path of what came of it. */
export async function carryOut(deps: ApprovalDeps, actor: StaffPrincipal, call: ApprovableCall): Promise<string> {
  switch (call.verb) {
    case 'offboard':
      return `/tenants/${(await offboardTenant(deps, actor, call.tenantId)).id}`
    case 'suspend':
      return `/tenants/${(await suspendTenant(deps, actor, call.tenantId)).id}`
    case 'import':
      return `/imports/${(await applyImport(deps, actor, call.importId, call)).id}`
    default: {
      const { verb: kind, ...wanted } = call
      return `/moves/${(await startMove(deps, actor, { kind, ...wanted })).id}`
    }
  }
}
