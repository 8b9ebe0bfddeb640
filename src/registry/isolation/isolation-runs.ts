import { and, count, desc, eq, gt, isNotNull, isNull, lt, or, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { SignedIsolationReport } from '../../evidence/isolation-report.ts'
import { type IsolationOptions, type IsolationRunState, isolationRuns } from './isolation-runs.sql.ts'

export type IsolationRunRow = typeof isolationRuns.$inferSelect

/** Queues a run. @returns undefined while another one is open. */
export async function insertIsolationRun(
  tx: Tx,
  run: { readonly options: IsolationOptions; readonly createdBy: string },
): Promise<IsolationRunRow | undefined> {
  const [row] = await tx.insert(isolationRuns).values(run).onConflictDoNothing().returning()
  return row
}

/** Queues a run unless one was begun within `everyMs`, or one is open. @returns undefined when it queued none. */
export async function insertDueIsolationRun(
  tx: Tx,
  run: { readonly options: IsolationOptions; readonly createdBy: string },
  everyMs: number,
): Promise<IsolationRunRow | undefined> {
  const since = sql`now() - make_interval(secs => ${everyMs / 1000})`
  const [young] = await tx
    .select({ id: isolationRuns.id })
    .from(isolationRuns)
    .where(gt(isolationRuns.createdAt, since))
    .limit(1)
  return young === undefined ? insertIsolationRun(tx, run) : undefined
}

export async function findOpenRun(tx: Tx): Promise<IsolationRunRow | undefined> {
  const [row] = await tx.select().from(isolationRuns).where(isNull(isolationRuns.endedAt))
  return row
}

export async function findIsolationRun(tx: Tx, id: string): Promise<IsolationRunRow | undefined> {
  const [row] = await tx.select().from(isolationRuns).where(eq(isolationRuns.id, id))
  return row
}

/** The newest first. */
export async function listRunRows(tx: Tx, limit: number): Promise<readonly IsolationRunRow[]> {
  return tx.select().from(isolationRuns).orderBy(desc(isolationRuns.createdAt), desc(isolationRuns.id)).limit(limit)
}

const leaseOf = (ms: number) => sql`now() + make_interval(secs => ${ms / 1000})`

/** Claims the open run, unless a living replica has it. */
export async function claimIsolationRun(tx: Tx, leaseMs: number): Promise<IsolationRunRow | undefined> {
  const [row] = await tx
    .update(isolationRuns)
    .set({
      state: 'running',
      claim: sql`${isolationRuns.claim} + 1`,
      leaseUntil: leaseOf(leaseMs),
      startedAt: sql`coalesce(${isolationRuns.startedAt}, now())`,
    })
    .where(
      and(
        isNull(isolationRuns.endedAt),
        or(isNull(isolationRuns.leaseUntil), lt(isolationRuns.leaseUntil, sql`now()`)),
      ),
    )
    .returning()
  return row
}

type Claimed = Pick<IsolationRunRow, 'id' | 'claim'>

const isMine = ({ id, claim }: Claimed) =>
  and(eq(isolationRuns.id, id), eq(isolationRuns.claim, claim), isNull(isolationRuns.endedAt))

/** @returns whether the claim still holds. */
export async function renewIsolationRun(tx: Tx, run: Claimed, leaseMs: number): Promise<boolean> {
  const rows = await tx
    .update(isolationRuns)
    .set({ leaseUntil: leaseOf(leaseMs) })
    .where(isMine(run))
    .returning({ id: isolationRuns.id })
  return rows.length > 0
}

/** Says in words what the run does. */
export async function noteStep(tx: Tx, run: Claimed, step: string): Promise<void> {
  await tx.update(isolationRuns).set({ step }).where(isMine(run))
}

/** Gives the run back: any replica may begin it anew. */
export async function giveRunBack(tx: Tx, run: Claimed): Promise<void> {
  await tx.update(isolationRuns).set({ leaseUntil: null, step: 'waits for a replica' }).where(isMine(run))
}

/** Ends the run. @returns whether the claim still held. */
export async function endRun(
  tx: Tx,
  run: Claimed,
  end: { readonly state: IsolationRunState; readonly report?: SignedIsolationReport; readonly fault?: string },
): Promise<boolean> {
  const rows = await tx
    .update(isolationRuns)
    .set({ ...end, endedAt: sql`now()`, leaseUntil: null, step: 'ended' })
    .where(isMine(run))
    .returning({ id: isolationRuns.id })
  return rows.length > 0
}

/** The last report, which the next one names. */
export async function findLastReport(tx: Tx): Promise<SignedIsolationReport | undefined> {
  const [row] = await tx
    .select({ report: isolationRuns.report })
    .from(isolationRuns)
    .where(isNotNull(isolationRuns.report))
    .orderBy(desc(isolationRuns.endedAt))
    .limit(1)
  return row?.report ?? undefined
}

const isFreezing = and(eq(isolationRuns.state, 'failed'), isNull(isolationRuns.thawedAt))

/** For a statement: the id of the oldest run whose findings freeze all moves, or null. */
export const freezingRun = sql`(select r.id from isolation_runs r
  where r.state = 'failed' and r.thawed_at is null order by r.created_at limit 1)`

/** The oldest run whose findings freeze all moves; undefined: none does. */
export async function findFreeze(tx: Tx): Promise<Pick<IsolationRunRow, 'id'> | undefined> {
  const [row] = await tx
    .select({ id: isolationRuns.id })
    .from(isolationRuns)
    .where(isFreezing)
    .orderBy(isolationRuns.createdAt)
    .limit(1)
  return row
}

/** Ends the freeze of a run. @returns undefined unless it froze moves. */
export async function thawRow(tx: Tx, id: string, by: string): Promise<IsolationRunRow | undefined> {
  const [row] = await tx
    .update(isolationRuns)
    .set({ thawedAt: sql`now()`, thawedBy: by })
    .where(and(eq(isolationRuns.id, id), isFreezing))
    .returning()
  return row
}

/**
 * Runs whose findings freeze moves; the end of the last run that passed in seconds since 1970, or while none has, the
 * begin of the first; and the last run that has ended.
 */
export async function readIsolationNumbers(tx: Tx): Promise<{
  readonly findings: number
  readonly provenAtS: number | undefined
  readonly last: { readonly state: IsolationRunState; readonly endedAtS: number } | undefined
}> {
  const [frozen] = await tx.select({ n: count() }).from(isolationRuns).where(isFreezing)
  const [proven] = await tx.execute<{ at: number | null }>(sql`
    select extract(epoch from coalesce(max(ended_at) filter (where state = 'passed'), min(created_at)))::float8 as at
    from isolation_runs`)
  const [last] = await tx.execute<{ state: IsolationRunState; endedAtS: number }>(sql`
    select state, extract(epoch from ended_at)::float8 as "endedAtS" from isolation_runs
    where ended_at is not null order by ended_at desc limit 1`)
  return { findings: frozen?.n ?? 0, provenAtS: proven?.at ?? undefined, last }
}
