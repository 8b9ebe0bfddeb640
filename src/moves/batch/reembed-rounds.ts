import { and, asc, eq, sql } from 'drizzle-orm'
import type { Logger } from 'pino'
import { startRounds } from '../../concurrency/rounds.ts'
import type { Db, Tx } from '../../db/connect.ts'
import { isAppError } from '../../errors.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { type StartMoveDeps, startMoveIf } from '../start-move.ts'
import { indexReembeds, type SkippedTenant } from './index-reembeds.sql.ts'
import { nextCandidates, progressOf } from './reembed-progress.ts'

interface ReembedRoundDeps extends StartMoveDeps {
  readonly log: Pick<Logger, 'warn'>
}

/** The actor of their moves: no token has such a subject. The audit says who began it all. */
const reembedActor = { kind: 'staff', subject: 'system:reembed', roles: new Set(['platform'] as const) } as const

/** Tenants tried in a round, at most. */
const triedAtOnce = 20

/** Begins the next moves of indexes whose tenants change their model. Every replica runs one. */
export function startReembedRounds(deps: ReembedRoundDeps, { everyMs }: { readonly everyMs: number }): AsyncDisposable {
  const onFault = (error: unknown) => deps.log.warn({ err: error }, 'a round of reembeds failed')
  return startRounds((signal) => reembedRound(deps, signal), { everyMs, first: 'later', onFault })
}

async function reembedRound(deps: ReembedRoundDeps, signal: AbortSignal): Promise<void> {
  const running = await deps.db
    .select()
    .from(indexReembeds)
    .where(eq(indexReembeds.state, 'running'))
    .orderBy(asc(indexReembeds.createdAt))
  for (const one of running) {
    signal.throwIfAborted()
    const batch = (await mayBegin(deps.db, one)) ? await claim(deps.db, one.id) : undefined
    if (batch === undefined) continue
    try {
      // Another replica may have begun one since that look, and let go of the batch.
      if (await mayBegin(deps.db, batch)) await beginNext(deps, batch)
    } finally {
      await letGo(deps.db, batch)
    }
  }
}

type Batch = typeof indexReembeds.$inferSelect

/**
 * Takes a batch whose next move may begin, for this replica alone: each would count the texts of the same tenants. No
 * transaction is held meanwhile, and one that dies lets go of it after a minute.
 */
async function claim(db: Db, id: string): Promise<Batch | undefined> {
  const [batch] = await db
    .update(indexReembeds)
    // To the millisecond, as it is compared with later.
    .set({ lookUntil: sql`date_trunc('milliseconds', now() + interval '1 minute')` })
    .where(
      and(
        ...[eq(indexReembeds.id, id), eq(indexReembeds.state, 'running')],
        sql`(${indexReembeds.lookUntil} is null or ${indexReembeds.lookUntil} < now())`,
      ),
    )
    .returning()
  return batch
}

/** Leaves the batch to every replica, unless its minute was over and another one has taken it. */
async function letGo(db: Db, { id, lookUntil }: Batch): Promise<void> {
  const isOurs = and(eq(indexReembeds.id, id), sql`${indexReembeds.lookUntil} = ${lookUntil?.toISOString()}`)
  await db.update(indexReembeds).set({ lookUntil: null }).where(isOurs)
}

/** Begins the move of the next tenant that may have one. */
async function beginNext(deps: ReembedRoundDeps, batch: Batch): Promise<void> {
  const { db } = deps
  const { id, model, leaveBehind, maxRecallLoss } = batch
  const candidates = await db.execute<{ tenant: TenantId }>(nextCandidates(id, triedAtOnce))
  const skipped: SkippedTenant[] = []
  let isOver = false
  for (const { tenant: tenantId } of candidates) {
    const wanted = { tenantId, kind: 'reembed', model, leaveBehind, partOf: id } as const
    try {
      const conditions = { ...wanted, ...(maxRecallLoss !== null && { maxRecallLoss }) }
      await startMoveIf(deps, reembedActor, conditions, (tx) => isStillNext(tx, batch))
      isOver = true
      break
    } catch (error) {
      if (!isAppError(error)) throw error
      // Neither the tenant's fault nor lasting.
      if (error.retryAfterS !== undefined || error.code === 'move_in_progress') return
      skipped.push({ tenantId, reason: error.message })
    }
  }
  const mayBeDone = !isOver && candidates.length < triedAtOnce
  if (skipped.length === 0 && !mayBeDone) return
  await db.transaction(async (tx) => {
    const now = await readAgain(tx, batch)
    if (now === undefined) return
    // No candidate is left either while another replica's move of the last one is under way.
    const isDone = mayBeDone && (await progressOf(tx, id)).working === 0
    const ended = isDone ? { state: 'done' as const, endedAt: sql`now()` } : {}
    await tx
      .update(indexReembeds)
      .set({ skipped: [...now.skipped, ...skipped], ...ended })
      .where(eq(indexReembeds.id, id))
  })
}

/** Whether the batch was neither stopped nor given other conditions meanwhile, nor has begun a move. */
async function isStillNext(tx: Tx, batch: Batch): Promise<boolean> {
  const now = await readAgain(tx, batch)
  return now !== undefined && (await mayBegin(tx, now))
}

/** Whether the move before has switched, and the day's tokens are not used up. */
async function mayBegin(tx: Tx, { id, tokensPerDay }: Pick<Batch, 'id' | 'tokensPerDay'>): Promise<boolean> {
  const { tokensUsed, working } = await progressOf(tx, id)
  return working === 0 && tokensUsed < tokensPerDay
}

/**
 * Locks the batch while it runs on the conditions that its tenants were judged by, and none was skipped since by a
 * replica that looked as well.
 */
async function readAgain(tx: Tx, { id, leaveBehind, maxRecallLoss, skipped }: Batch): Promise<Batch | undefined> {
  const [now] = await tx
    .select()
    .from(indexReembeds)
    .where(
      and(
        ...[eq(indexReembeds.id, id), eq(indexReembeds.state, 'running'), eq(indexReembeds.leaveBehind, leaveBehind)],
        sql`${indexReembeds.maxRecallLoss} is not distinct from ${maxRecallLoss}`,
        sql`${indexReembeds.skipped} = ${JSON.stringify(skipped)}::text::jsonb`,
      ),
    )
    .for('update')
  return now
}
