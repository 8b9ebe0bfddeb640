import { eq, sql } from 'drizzle-orm'
import { AppError } from '../../errors.ts'
import { isSameSpace } from '../../placement/placement.ts'
import type { TenantStore } from '../../stores/store.ts'
import { waitVisible } from '../copy/wait-visible.ts'
import { isGone } from '../losses/count-places.ts'
import { whyNotLeaveBehind } from '../losses/loss-rules.ts'
import { asMover, changeMove } from '../state/move-history.ts'
import { NeedsPerson } from '../state/stop-reason.ts'
import type { Reembedded } from '../state/verification.ts'
import { stopIf } from '../switch/guard-loss.ts'
import { guardPass, passBegins } from '../switch/guard-pass.ts'
import { next, type Step, type StepContext } from '../sync/step.ts'
import { syncRound } from '../sync/sync.ts'
import { type SyncParts, syncParts } from '../sync/sync-parts.ts'
import { refuseMisfits } from '../transform/metric-change.ts'
import { compare } from '../verify/compare.ts'
import { dropPages, isBitByBit, readPages } from '../verify/copied-pages.ts'
import { markPass, passMarks, readPass } from '../verify/pass-progress.ts'
import { rangeSizeFor } from '../verify/range-digests.ts'
import type { QueryPair } from '../verify/recent-queries.ts'
import { matchOf } from '../verify/record-match.ts'
import { replayQueries } from '../verify/replay-queries.ts'
import { movePasses, moveReports } from '../verify/reports.sql.ts'
import { embedAgain } from './embed-again.ts'

/**
 * Passes over all records. Differences are repaired; after the repairs of a pass that read both places whole, a
 * difference that nobody wrote is a fault. The first pass does not read all where the copy kept digests.
 */
const passes = { whole: 2, withDigests: 3 }

/**
 * Compares every record of both places while the app keeps writing. The sync compares records written since the copy;
 * any other difference is copied again and counted. Repairs in the second pass stop the move.
 */
export const verify: Step = async (context) => {
  const { db, move, settings, signal } = context
  const parts = await syncParts(context)
  if (move.claimedIds.length > 0) await parts.changes.markDirty(move.claimedIds, parts.storeInDoubtMs)
  for (let at = await readPass(db, move); ; ) {
    await catchUp(context, parts)
    // A comparison reads again what comes after its mark; what comes before it was visible then.
    await waitVisible(parts.follower, {
      storeVisibleMs: settings.storeVisibleMs,
      signal,
      clock: context.clock,
      onWait: context.waiting,
    })
    const begunAt = await passBegins(context)
    const rangeSize = rangeSizeFor(move.total ?? 0)
    const onProgress = passMarks(db, move, at, () => context.clock.now())
    const begun = at.begun ?? undefined
    const match = matchOf(parts.transform, parts.metric)
    // After repairs nothing that was kept is trusted: the next pass reads both places whole.
    const pages = at.pass === 1 && isBitByBit(parts) ? readPages(db, move, begun?.lastId) : undefined
    const options = { signal, match, rangeSize, begun, onProgress, ...(pages && { pages }) }
    const found = await compare(parts.active, parts.follower, options)
    if (await isGone(parts.active, signal))
      throw new NeedsPerson({ words: "The source's namespace is gone.", records: found.targetRecords })
    const [toPut, toDelete] = [await untouched(context, found.toPut), await untouched(context, found.toDelete)]
    await guardPass(context, parts, found, { toPut: toPut.length, toDelete: toDelete.length }, begunAt)
    const different = [...toPut, ...toDelete]
    if (different.length === 0) {
      stopIf(whyNotLeaveBehind(found, move))
      refuseMisfits(found)
      const reembedded = await embedAgain(context, parts, found)
      await keepReport(context, found, { rangeSize, repaired: at.repaired, reembedded })
      await context.at('verify: compared')
      return next
    }
    if (at.pass >= (isBitByBit(parts) ? passes.withDigests : passes.whole) && at.repaired > 0) {
      const words = `After ${at.repaired} repairs the two places still differ in ${different.length} records that nobody wrote.`
      throw new AppError('store_inconsistent', words)
    }
    await parts.changes.markDirty(different)
    at = { pass: at.pass + 1, repaired: at.repaired + different.length, begun: null }
    await markPass(db, move, at)
  }
}

/** Ends the last pass: writes the report, and lets the move wait for its cutover. */
async function keepReport(
  context: StepContext,
  found: Awaited<ReturnType<typeof compare>>,
  {
    rangeSize,
    repaired,
    reembedded,
  }: { readonly rangeSize: number; readonly repaired: number; readonly reembedded: Reembedded | undefined },
): Promise<void> {
  const { db, move, signal } = context
  const { sourceRecords, readAgain, targetRecords, equal, digest, ranges } = found
  const { active, follower } = await syncParts(context)
  const { vectors } = active.placement
  const { metric } = follower.placement.vectors
  const replayed = await replayQueries(active, follower, await queriesOf(context, active, follower), signal)
  const verifiedAt = new Date(context.clock.epochMs()).toISOString()
  const verification = {
    verifiedAt,
    sourceRecords,
    readAgain,
    targetRecords,
    equal,
    repaired,
    digest,
    ...(replayed && { replayed }),
    ...(reembedded && { reembedded }),
    ...(reembedded === undefined &&
      metric !== vectors.metric && { unitLength: { from: vectors.metric, to: metric, records: sourceRecords } }),
  }
  const report = { rangeSize, ranges, verifiedAt: sql`now()` }
  await asMover(db, move, async (tx, row) => {
    const values = { moveId: row.id, ...report }
    await tx.insert(moveReports).values(values).onConflictDoUpdate({ target: moveReports.moveId, set: report })
    await tx.delete(movePasses).where(eq(movePasses.moveId, row.id))
    await dropPages(tx, row)
    const change = { state: 'fencing', verification, verified: equal, repairs: repaired, gate: null } as const
    await changeMove(tx, row, change, verification)
  })
}

/** The tenant's recent queries, for each place the vectors of its own model. */
async function queriesOf(
  { recentQueries, move }: Pick<StepContext, 'recentQueries' | 'move'>,
  { placement: { vectors } }: TenantStore,
  { placement: { vectors: others } }: TenantStore,
): Promise<readonly QueryPair[]> {
  if (recentQueries === undefined) return []
  if (!isSameSpace(vectors, others)) return recentQueries.pairs(move.tenantId, vectors, others)
  return (await recentQueries.of(move.tenantId, vectors)).map((vector) => ({ from: vector, to: vector }))
}

/** Syncs and compares writes, until little is left or nothing can be proven right now. */
async function catchUp(context: StepContext, parts: SyncParts): Promise<void> {
  for (let round = 0; round < 100; round += 1) {
    const { synced } = await syncRound(parts)
    await context.at('sync: carried over')
    if (synced < 100) return
  }
}

/** Those of the ids without a write since the move began: the change log covers the others. */
async function untouched({ db, move }: StepContext, ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) return []
  const touched = await db.execute<{ id: string }>(sql`
    select record_id as id from dirty where move_id = ${move.id} and record_id = any(${sql.param([...ids])}::text[])`)
  return [...new Set(ids).difference(new Set(touched.map((one) => one.id)))]
}
