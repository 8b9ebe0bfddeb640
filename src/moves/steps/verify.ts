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
import { isCopySeenWhole, isSourceCopiedWhole } from '../switch/lane-totals.ts'
import { defaultCopyLanes, next, type Step, type StepContext } from '../sync/step.ts'
import { syncRound } from '../sync/sync.ts'
import { type SyncParts, syncParts } from '../sync/sync-parts.ts'
import { refuseMisfits } from '../transform/metric-change.ts'
import type { ComparedRecords, PassSoFar } from '../verify/comparison.ts'
import { dropPages, isBitByBit } from '../verify/copied-pages.ts'
import { markPass, readPass } from '../verify/pass-progress.ts'
import { rangeSizeFor } from '../verify/range-digests.ts'
import type { QueryPair } from '../verify/recent-queries.ts'
import { replayQueries } from '../verify/replay-queries.ts'
import { movePasses, moveReports } from '../verify/reports.sql.ts'
import { comparePass } from './compare-pass.ts'
import { embedAgain } from './embed-again.ts'

/**
 * Passes over all records. Differences are repaired; after the repairs of a pass that read both places whole, a
 * difference that nobody wrote is a fault. The first pass does not read all where the copy kept digests.
 */
const passes = { whole: 2, withDigests: 3 }

/**
 * Compares every record of both places while the app keeps writing. The sync compares records written since the copy;
 * any other difference is copied again and counted. Differences that are left after the last pass stop the move.
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
    const { found, inLanes } = await comparePass(context, parts, at)
    if (await isGone(parts.active, signal))
      throw new NeedsPerson({ words: "The source's namespace is gone.", records: found.targetRecords })
    const [toPut, toDelete] = [await untouched(context, found.toPut), await untouched(context, found.toDelete)]
    if (inLanes !== undefined && !(await isSeenWhole(context, parts, found, { toPut, toDelete, ...inLanes }))) {
      at = { pass: at.pass, repaired: at.repaired, begun: null, discarded: 1 }
      await markPass(db, move, at)
      continue
    }
    const different = [...toPut, ...toDelete]
    await anewAfterPerson(context, at, async () => {
      await guardPass(context, parts, found, { toPut: toPut.length, toDelete: toDelete.length }, begunAt)
      if (different.length > 0) return
      stopIf(whyNotLeaveBehind(found, move))
      refuseMisfits(found)
    })
    if (different.length === 0) {
      const reembedded = await embedAgain(context, parts, found)
      const { repaired, discarded = 0 } = at
      const lanes = inLanes === undefined ? 1 : (settings.copyLanes ?? defaultCopyLanes)
      await keepReport(context, found, { repaired, reembedded, lanes, discarded })
      await context.at('verify: compared')
      return next
    }
    if (at.pass >= (isBitByBit(parts) ? passes.withDigests : passes.whole) && at.repaired > 0) {
      const words = `After ${at.repaired} repairs the two places still differ in ${different.length} records that nobody wrote.`
      throw new AppError('store_inconsistent', words)
    }
    await parts.changes.markDirty(different)
    const { pass, repaired, discarded } = at
    at = { pass: pass + 1, repaired: repaired + different.length, begun: null, ...(discarded && { discarded }) }
    await markPass(db, move, at)
  }
}

/** Judges a pass. Where a person has to decide, or to mend the places, all is compared anew after that. */
async function anewAfterPerson(
  { db, move }: StepContext,
  { pass, repaired, discarded }: PassSoFar,
  judge: () => Promise<void>,
): Promise<void> {
  try {
    await judge()
  } catch (fault) {
    if (fault instanceof NeedsPerson)
      await markPass(db, move, { pass, repaired, begun: null, ...(discarded && { discarded }) })
    throw fault
  }
}

/**
 * Whether a pass in lanes has seen all records of both places. Listings by prefix may hide some, and those of the copy
 * that are in no part of the source were not looked for: what the lanes can't tell, one lane looks at anew.
 */
async function isSeenWhole(
  context: StepContext,
  parts: SyncParts,
  found: ComparedRecords,
  {
    toPut,
    toDelete,
    since,
  }: { readonly toPut: readonly string[]; readonly toDelete: readonly string[]; since: string },
): Promise<boolean> {
  if (toDelete.length > 0 || !(await isCopySeenWhole(context, parts, found, since))) return false
  // Both places are read whole after a repair.
  if (toPut.length > 0) return true
  await catchUp(context, parts)
  return isSourceCopiedWhole(context, parts)
}

/** Ends the last pass: writes the report, and lets the move wait for its cutover. */
async function keepReport(
  context: StepContext,
  found: ComparedRecords,
  run: {
    readonly repaired: number
    readonly reembedded: Reembedded | undefined
    readonly lanes: number
    readonly discarded: number
  },
): Promise<void> {
  const { db, move, signal } = context
  const { sourceRecords, readAgain, targetRecords, equal, digestSum: digest, ranges } = found
  const { repaired, reembedded, lanes, discarded } = run
  const rangeSize = rangeSizeFor(move.total ?? 0)
  const { active, follower } = await syncParts(context)
  const { vectors } = active.placement
  const { metric } = follower.placement.vectors
  const replayed = await replayQueries(active, follower, await queriesOf(context, active, follower), signal)
  const verifiedAt = new Date(context.clock.epochMs()).toISOString()
  const verification = {
    verifiedAt,
    sourceRecords,
    readAgain,
    lanes,
    ...(discarded > 0 && { discarded }),
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
