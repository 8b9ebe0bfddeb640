import { and, asc, eq, sql } from 'drizzle-orm'
import type { Logger } from 'pino'
import { startRounds } from '../../concurrency/rounds.ts'
import { isAppError } from '../../errors.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { type StartMoveDeps, startMove } from '../start-move.ts'
import { indexReembeds, type SkippedTenant } from './index-reembeds.sql.ts'
import { candidatesOf, progressOf } from './reembed-progress.ts'

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
  await deps.db.transaction(async (lock) => {
    // Held by this transaction alone: a replica that dies lets go of it.
    const [tried] = await lock.execute<{ mine: boolean }>(
      sql`select pg_try_advisory_xact_lock(hashtextextended('reembeds of indexes', 0)) as mine`,
    )
    if (tried?.mine !== true) return
    const running = await lock
      .select()
      .from(indexReembeds)
      .where(eq(indexReembeds.state, 'running'))
      .orderBy(asc(indexReembeds.createdAt))
    for (const batch of running) {
      signal.throwIfAborted()
      await beginNext(deps, batch)
    }
  })
}

/** Begins the next tenant's move once the one before has switched, and the day's tokens are not used up. */
async function beginNext(deps: ReembedRoundDeps, batch: typeof indexReembeds.$inferSelect): Promise<void> {
  const { db } = deps
  const { id, model, tokensPerDay, leaveBehind, maxRecallLoss } = batch
  const { tokensUsed, working } = await progressOf(db, id)
  if (working > 0 || tokensUsed >= tokensPerDay) return
  const candidates = await db.execute<{ tenant: TenantId }>(sql`${candidatesOf(batch)} limit ${triedAtOnce}`)
  const skipped: SkippedTenant[] = []
  let isBegun = false
  for (const { tenant: tenantId } of candidates) {
    const wanted = { tenantId, kind: 'reembed', model, leaveBehind, partOf: id } as const
    try {
      await startMove(deps, reembedActor, { ...wanted, ...(maxRecallLoss !== null && { maxRecallLoss }) })
      isBegun = true
      break
    } catch (error) {
      if (!isAppError(error)) throw error
      // Neither the tenant's fault nor lasting.
      if (error.retryAfterS !== undefined || error.code === 'move_in_progress') return
      skipped.push({ tenantId, reason: error.message })
    }
  }
  const isDone = !isBegun && candidates.length < triedAtOnce
  if (skipped.length === 0 && !isDone) return
  const ended = isDone ? { state: 'done' as const, endedAt: sql`now()` } : {}
  await db
    .update(indexReembeds)
    .set({ skipped: [...batch.skipped, ...skipped], ...ended })
    .where(and(eq(indexReembeds.id, id), eq(indexReembeds.state, 'running')))
}
