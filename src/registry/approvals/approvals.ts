import { and, desc, eq, lt, or, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { type ApprovalState, approvals } from './approvals.sql.ts'

export type ApprovalRow = typeof approvals.$inferSelect

/** A request that nobody decides ends by itself after a week. */
const expiresAfterDays = 7

export async function insertApproval(
  tx: Tx,
  asked: Pick<ApprovalRow, 'verb' | 'subject' | 'call' | 'plan' | 'requestedBy' | 'note'>,
): Promise<ApprovalRow> {
  const expiresAt = sql`now() + make_interval(days => ${expiresAfterDays})`
  const [row] = await tx
    .insert(approvals)
    .values({ ...asked, expiresAt })
    .returning()
  if (row === undefined) throw new Error('an insert returns its row')
  return row
}

/** The waiting request of a verb on a tenant or import, locked until the transaction ends. */
export async function lockWaiting(
  tx: Tx,
  { verb, subject }: Pick<ApprovalRow, 'verb' | 'subject'>,
): Promise<ApprovalRow | undefined> {
  const [row] = await tx
    .select()
    .from(approvals)
    .where(and(eq(approvals.verb, verb), eq(approvals.subject, subject), eq(approvals.state, 'awaiting_approval')))
    .for('update')
  return row
}

/** Reads the request and locks it until the transaction ends. */
export async function lockApproval(tx: Tx, id: string): Promise<ApprovalRow | undefined> {
  const [row] = await tx.select().from(approvals).where(eq(approvals.id, id)).for('update')
  return row
}

export async function findApproval(tx: Tx, id: string): Promise<ApprovalRow | undefined> {
  const [row] = await tx.select().from(approvals).where(eq(approvals.id, id))
  return row
}

/** Newest first. @param before the last one of the previous page */
export async function listApprovalRows(
  tx: Tx,
  query: {
    readonly state?: ApprovalState | undefined
    readonly before: { readonly at: string; readonly id: string } | undefined
    readonly limit: number
  },
): Promise<readonly ApprovalRow[]> {
  const { state, before, limit } = query
  const at = new Date(before?.at ?? 0)
  const older =
    before && or(lt(approvals.requestedAt, at), and(eq(approvals.requestedAt, at), lt(approvals.id, before.id)))
  return tx
    .select()
    .from(approvals)
    .where(and(older, state === undefined ? undefined : eq(approvals.state, state)))
    .orderBy(desc(approvals.requestedAt), desc(approvals.id))
    .limit(limit)
}

export async function decideApproval(
  tx: Tx,
  id: string,
  decision: Pick<ApprovalRow, 'state' | 'decidedBy'> & Partial<Pick<ApprovalRow, 'reason' | 'location'>>,
): Promise<void> {
  await tx
    .update(approvals)
    .set({ ...decision, decidedAt: sql`now()` })
    .where(eq(approvals.id, id))
}
