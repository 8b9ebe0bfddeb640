import { randomUUID } from 'node:crypto'
import { and, desc, eq, lt, ne, type SQL, sql } from 'drizzle-orm'
import type { Db, Tx } from '../../db/connect.ts'
import { findLastRestore } from '../../registry/restores.ts'
import { noProgress, type RunProgress, reconciliations } from './reconciliations.sql.ts'

export type RunRow = typeof reconciliations.$inferSelect

/** A run claimed by this replica until its lease expires. */
export interface RunJob extends RunRow {
  readonly claim: string
}

/** Finished runs that are kept, with their findings. */
const keptRuns = 60
/** A run that fails this often is given up. */
const attemptsMax = 5

export async function findRun(tx: Tx, id: string): Promise<RunRow | undefined> {
  const [row] = await tx.select().from(reconciliations).where(eq(reconciliations.id, id))
  return row
}

export async function findRunning(tx: Tx): Promise<RunRow | undefined> {
  const [row] = await tx.select().from(reconciliations).where(eq(reconciliations.state, 'running'))
  return row
}

/** The latest run that looked at everything; undefined before the first. */
export async function findLatestDone(tx: Tx, except?: string): Promise<RunRow | undefined> {
  const [row] = await tx
    .select()
    .from(reconciliations)
    .where(
      and(
        eq(reconciliations.state, 'done'),
        eq(reconciliations.fromStore, false),
        except === undefined ? undefined : ne(reconciliations.id, except),
      ),
    )
    .orderBy(desc(reconciliations.createdAt))
    .limit(1)
  return row
}

/** Newest first. */
export async function listRuns(
  tx: Tx,
  page: { readonly before: string | undefined; readonly limit: number },
): Promise<readonly RunRow[]> {
  return tx
    .select()
    .from(reconciliations)
    .where(
      page.before === undefined
        ? undefined
        : sql`${reconciliations.createdAt} < (select r.created_at from reconciliations r where r.id = ${page.before})`,
    )
    .orderBy(desc(reconciliations.createdAt))
    .limit(page.limit)
}

/** Begins a run, which some replica claims; undefined while another one is under way. */
export async function insertRun(
  tx: Tx,
  {
    fix,
    fromStore = false,
    createdBy,
  }: { readonly fix: boolean; readonly fromStore?: boolean; readonly createdBy: string },
): Promise<RunRow | undefined> {
  const afterTenant = sql`coalesce((select r.after_tenant from reconciliations r where r.state = 'done'
    order by r.created_at desc limit 1), '')`
  const [row] = await tx
    .insert(reconciliations)
    .values({ fix, fromStore, createdBy, progress: noProgress, afterTenant })
    .onConflictDoNothing()
    .returning()
  return row
}

/**
 * Begins a run when none has begun for so long; harmless on any number of replicas at once. None begins after a restore
 * before the store was compared: every namespace could be a finding.
 */
export async function insertDueRun(tx: Tx, everyMs: number): Promise<void> {
  const [recent] = await tx
    .select({ id: reconciliations.id })
    .from(reconciliations)
    .where(sql`${reconciliations.createdAt} > now() - make_interval(secs => ${everyMs / 1000})`)
    .limit(1)
  const restore = await findLastRestore(tx)
  if (restore !== undefined && restore.checkedAt === null) return
  if (recent === undefined) await insertRun(tx, { fix: false, createdBy: 'system' })
}

export async function claimRun(db: Db, leaseMs: number): Promise<RunJob | undefined> {
  const claim = randomUUID()
  const next = sql`(select r.id from reconciliations r where r.state = 'running' and r.run_at <= now()
    limit 1 for update skip locked)`
  const [row] = await db
    .update(reconciliations)
    .set({ claim, runAt: fromNow(leaseMs) })
    .where(sql`${reconciliations.id} = ${next}`)
    .returning()
  return row && { ...row, claim }
}

/** Extends the claim; false when it is lost. */
export function renewRun(db: Tx, job: RunJob, leaseMs: number): Promise<boolean> {
  return changeRun(db, job, { runAt: fromNow(leaseMs) })
}

/** Keeps how far the run is; false when the claim is lost. */
export function keepProgress(db: Tx, job: RunJob, progress: RunProgress, afterTenant?: string): Promise<boolean> {
  return changeRun(db, job, { progress, ...(afterTenant !== undefined && { afterTenant }) })
}

/** Gives the run back for a later attempt, which goes on from where this one was. */
export async function putBackRun(db: Tx, job: RunJob, afterMs: number, fault: string | null): Promise<void> {
  const attempts = job.attempts + (fault === null ? 0 : 1)
  if (attempts < attemptsMax) await changeRun(db, job, { claim: null, runAt: fromNow(afterMs), fault, attempts })
  else await changeRun(db, job, { state: 'failed', claim: null, fault, attempts, finishedAt: sql`now()` })
}

export async function finishRun(db: Db, job: RunJob): Promise<void> {
  await db.transaction(async (tx) => {
    const done = { state: 'done', claim: null, fault: null, finishedAt: sql`now()` } as const
    if (await changeRun(tx, job, done)) await forgetOldRuns(tx)
  })
}

async function forgetOldRuns(tx: Tx): Promise<void> {
  const [oldest] = await tx
    .select({ createdAt: reconciliations.createdAt })
    .from(reconciliations)
    .orderBy(desc(reconciliations.createdAt))
    .offset(keptRuns)
    .limit(1)
  if (oldest === undefined) return
  const isOld = and(ne(reconciliations.state, 'running'), lt(reconciliations.createdAt, oldest.createdAt))
  await tx.delete(reconciliations).where(isOld)
}

async function changeRun(
  db: Tx,
  job: RunJob,
  set: Parameters<ReturnType<typeof db.update<typeof reconciliations>>['set']>[0],
): Promise<boolean> {
  const rows = await db
    .update(reconciliations)
    .set(set)
    .where(
      and(eq(reconciliations.id, job.id), eq(reconciliations.claim, job.claim), eq(reconciliations.state, 'running')),
    )
    .returning({ id: reconciliations.id })
  return rows.length > 0
}

function fromNow(ms: number): SQL {
  return sql`now() + make_interval(secs => ${ms / 1000})`
}
