import { isDeepStrictEqual } from 'node:util'
import type { StaffPrincipal } from '../../auth/principal.ts'
import type { Tx } from '../../db/connect.ts'
import { AppError, isAppError } from '../../errors.ts'
import { type ApprovalRow, decideApproval, lockApproval } from '../../registry/approvals/approvals.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { type ApprovalDeps, carryOut, planOf } from './approvable-work.ts'
import { type ApprovalView, isExpired, noSuchApproval, showApproval } from './approval-view.ts'

/**
 * Approves a request and carries it out, as the approver's deed with the asker's note. It is for exactly the plan that
 * was shown: when one of its facts has changed, the request becomes void and nothing is done. A repeat shows the outcome.
 *
 * @throws AppError `not_found`; `forbidden` for the person who asked; `conflict` when it was decided otherwise, is void
 *   or expired; and those of the verb, upon which the request still waits
 */
export async function approve(deps: ApprovalDeps, actor: StaffPrincipal, id: string): Promise<ApprovalView> {
  const changed = await deps.db.transaction(async (tx) => {
    const row = await lockUndecided(tx, id, 'approved')
    if (row === undefined) return undefined
    if (row.requestedBy === actor.subject) {
      throw new AppError('forbidden', 'You have asked for this yourself: a second person has to approve it.')
    }
    const reason = await changeOf(deps, row)
    if (reason !== undefined) {
      await decideApproval(tx, id, { state: 'void', decidedBy: actor.subject, reason })
      await note(tx, actor, row, 'approval.void')
      return reason
    }
    const location = await carryOut(deps, withNote(actor, row.note), row.call)
    await decideApproval(tx, id, { state: 'approved', decidedBy: actor.subject, location })
    await note(tx, actor, row, 'approval.approve')
    return undefined
  })
  if (changed !== undefined) throw new AppError('conflict', `${changed} The request is void; it has to be asked anew.`)
  return showApproval(deps, id)
}

/**
 * Rejects a request; the person who asked may withdraw it so.
 * @throws AppError `not_found`, `conflict` when it was approved or is void
 */
export async function reject(deps: ApprovalDeps, actor: StaffPrincipal, id: string): Promise<ApprovalView> {
  await deps.db.transaction(async (tx) => {
    const row = await lockUndecided(tx, id, 'rejected')
    if (row === undefined) return
    const reason = actor.origin?.note ?? null
    await decideApproval(tx, id, { state: 'rejected', decidedBy: actor.subject, reason })
    await note(tx, actor, row, 'approval.reject')
  })
  return showApproval(deps, id)
}

/** The request, locked; undefined: it was decided so already. */
async function lockUndecided(tx: Tx, id: string, as: 'approved' | 'rejected'): Promise<ApprovalRow | undefined> {
  const row = await lockApproval(tx, id)
  if (row === undefined) throw noSuchApproval()
  if (row.state === as) return undefined
  if (row.state !== 'awaiting_approval') throw new AppError('conflict', `The request is ${row.state} already.`)
  if (as === 'approved' && isExpired(row)) throw new AppError('conflict', 'The request has expired. Ask for it anew.')
  return row
}

/** A sentence on what has changed since the plan was shown; undefined: nothing has. */
async function changeOf(deps: ApprovalDeps, { call, plan }: ApprovalRow): Promise<string | undefined> {
  try {
    const now = JSON.parse(JSON.stringify(await planOf(deps, call))) as Record<string, unknown>
    const facts = Object.keys({ ...plan, ...now }).filter((fact) => !isDeepStrictEqual(plan[fact], now[fact]))
    const words = facts.map(
      (fact) => `${fact} is ${JSON.stringify(now[fact])} by now, and was ${JSON.stringify(plan[fact])}`,
    )
    return words.length === 0 ? undefined : `${words.join('; ')}.`
  } catch (error) {
    if (isAppError(error, 'not_found') || isAppError(error, 'conflict') || isAppError(error, 'move_in_progress')) {
      return error.message
    }
    throw error
  }
}

async function note(tx: Tx, actor: StaffPrincipal, row: ApprovalRow, action: string): Promise<void> {
  const { call, verb, requestedBy } = row
  const about = call.verb === 'import' ? {} : { tenantId: call.tenantId }
  await appendAudit(tx, [{ actor, action, ...about, detail: { approval: row.id, verb, requestedBy } }])
}

function withNote(actor: StaffPrincipal, asked: string | null): StaffPrincipal {
  const { origin } = actor
  return origin === undefined || asked === null ? actor : { ...actor, origin: { ...origin, note: asked } }
}
