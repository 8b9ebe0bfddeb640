import { isDeepStrictEqual } from 'node:util'
import type { StaffPrincipal } from '../../auth/principal.ts'
import type { ApprovableCall } from '../../placement/approvable.ts'
import { decideApproval, insertApproval, lockWaiting } from '../../registry/approvals/approvals.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { type ApprovalDeps, planOf } from './approvable-work.ts'
import { type ApprovalView, approvalView, isExpired } from './approval-view.ts'

/**
 * Asks for a second person where the verb needs one. The same call again shows the request that waits; one whose plan
 * has changed takes its place.
 * @returns the request; undefined: the caller may go on by itself.
 * @throws AppError for a call that would be refused.
 */
export async function askApproval(
  deps: ApprovalDeps,
  actor: StaffPrincipal,
  call: ApprovableCall,
): Promise<ApprovalView | undefined> {
  if (!deps.approvals.has(call.verb)) return undefined
  // As it comes back from the registry, so that both compare.
  const plan = JSON.parse(JSON.stringify(await planOf(deps, call))) as Record<string, unknown>
  if (isDone(call, plan)) return undefined
  const { verb } = call
  const subject = verb === 'import' ? call.importId : call.tenantId
  return deps.db.transaction(async (tx) => {
    const waiting = await lockWaiting(tx, { verb, subject })
    if (waiting !== undefined) {
      if (!isExpired(waiting) && isDeepStrictEqual(waiting.plan, plan)) return approvalView(waiting)
      const reason = isExpired(waiting) ? 'It expired.' : 'What was shown has changed; it was asked for anew.'
      await decideApproval(tx, waiting.id, { state: 'void', decidedBy: actor.subject, reason })
    }
    const note = actor.origin?.note ?? null
    const row = await insertApproval(tx, { verb, subject, call, plan, requestedBy: actor.subject, note })
    const about = verb === 'import' ? {} : { tenantId: call.tenantId }
    await appendAudit(tx, [{ actor, action: 'approval.ask', ...about, detail: { approval: row.id, verb, plan } }])
    return approvalView(row)
  })
}

/** A repeat of what is done already changes nothing, and needs nobody. */
function isDone({ verb }: ApprovableCall, { status, state }: Readonly<Record<string, unknown>>): boolean {
  switch (verb) {
    case 'offboard':
      return status === 'offboarding' || status === 'offboarded'
    case 'suspend':
      return status === 'suspended'
    case 'import':
      return state !== 'previewed'
    default:
      return false
  }
}
