import { isTime, type Page, pageOf, readCursor } from '../../cursor.ts'
import { AppError } from '../../errors.ts'
import type { ApprovableVerb } from '../../placement/approvable.ts'
import type { ApprovalState } from '../../registry/approvals/approvals.sql.ts'
import { type ApprovalRow, findApproval, listApprovalRows } from '../../registry/approvals/approvals.ts'
import type { TenantWork } from '../onboard/tenant-work.ts'

/** A call that waits for a second person, or was decided. */
export interface ApprovalView {
  readonly id: string
  readonly status: ApprovalState | 'expired'
  readonly verb: ApprovableVerb
  /** The tenant's id, or the import's. */
  readonly subject: string
  /** The facts that an approval is for. */
  readonly plan: Readonly<Record<string, unknown>>
  readonly requestedBy: string
  readonly requestedAt: string
  readonly note: string | null
  readonly expiresAt: string
  readonly decidedBy: string | null
  readonly decidedAt: string | null
  readonly reason: string | null
  /** Path of what came of it. */
  readonly location: string | null
}

export function isExpired({ state, expiresAt }: ApprovalRow, nowMs = Date.now()): boolean {
  return state === 'awaiting_approval' && expiresAt.getTime() <= nowMs
}

export function approvalView(row: ApprovalRow): ApprovalView {
  const { call: _call, state, ...shown } = row
  return {
    ...shown,
    status: isExpired(row) ? 'expired' : state,
    requestedAt: row.requestedAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    decidedAt: row.decidedAt?.toISOString() ?? null,
  }
}

/** @throws AppError `not_found` */
export async function showApproval({ db }: Pick<TenantWork, 'db'>, id: string): Promise<ApprovalView> {
  const row = await findApproval(db, id)
  if (row === undefined) throw noSuchApproval()
  return approvalView(row)
}

/**
 * Requests for a second person's approval, newest first, a page at a time.
 * @throws AppError `invalid_request` for a cursor that no earlier page returned
 */
export async function listApprovals(
  { db }: Pick<TenantWork, 'db'>,
  query: {
    readonly state?: ApprovalState | undefined
    readonly limit: number
    readonly cursor?: string | undefined
  },
): Promise<Page<ApprovalView>> {
  const { state, limit, cursor } = query
  const before = readCursor('approvals', cursor, readApprovalKey)
  const rows = await listApprovalRows(db, { state, before, limit: limit + 1 })
  const page = pageOf('approvals', rows, limit, ({ requestedAt, id }) => `${requestedAt.toISOString()}/${id}`)
  return { ...page, items: page.items.map(approvalView) }
}

export function noSuchApproval(): AppError {
  return new AppError('not_found', 'There is no such request for an approval.')
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function readApprovalKey(text: string): { at: string; id: string } | undefined {
  const [at = '', id = ''] = text.split('/')
  return isTime(at) && uuid.test(id) ? { at, id } : undefined
}
