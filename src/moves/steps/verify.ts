import { sql } from 'drizzle-orm'
import { AppError } from '../../errors.ts'
import { compare } from '../compare.ts'
import { asMover, changeMove } from '../journal.ts'
import { RangeDigests, rangeSizeFor } from '../range-digests.ts'
import { readPlacements } from '../read-places.ts'
import { replayQueries } from '../replay-queries.ts'
import { moveReports } from '../reports.sql.ts'
import { next, type Step, type StepContext } from '../step.ts'
import { type SyncParts, syncRound } from '../sync.ts'
import { syncParts } from '../sync-parts.ts'
import { waitVisible } from '../wait-visible.ts'

/** Passes over all records. What differs in the first is repaired; what differs in the second, nobody touched, is a fault. */
const passes = 2

/**
 * Compares every record of both places while the app goes on writing. A record that was written since the copy is the
 * sync's to compare; any other that differs is carried over again and counted. Repairs in the second pass stop the move.
 */
export const verify: Step = async (context) => {
  const { db, move, settings, signal } = context
  const { dimension } = await readPlacements(db, move)
  const parts = await syncParts(context)
  if (move.claimedIds.length > 0) await parts.ledger.soil(move.claimedIds, parts.storeInDoubtMs)
  let repaired = move.repairs
  for (let pass = 1; ; pass += 1) {
    await catchUp(context, parts)
    await waitVisible(parts.follower, {
      dimension,
      storeVisibleMs: settings.storeVisibleMs,
      signal,
      clock: context.clock,
      onWait: context.waiting,
    })
    const onProgress = (verified: number) => asMover(db, move, (tx, row) => changeMove(tx, row, { verified }))
    const rangeSize = rangeSizeFor(move.total ?? 0)
    const digests = new RangeDigests(rangeSize)
    const onRecord = digests.add.bind(digests)
    const found = await compare(parts.active, parts.follower, { signal, onProgress, onRecord })
    const counted = (await parts.active.describeNamespace({ signal }))?.recordCount
    if (counted === undefined) throw new AppError('store_inconsistent', "The source's namespace is gone.")
    const different = await untouched(context, [...found.toPut, ...found.toDelete])
    if (different.length === 0) {
      const { sourceRecords, targetRecords, equal, digest } = found
      const queries = context.recentQueries?.of(move.tenantId) ?? []
      const replayed = await replayQueries(parts.active, parts.follower, queries, signal)
      const verification = {
        verifiedAt: new Date(context.clock.epochMs()).toISOString(),
        sourceRecords,
        targetRecords,
        equal,
        repaired,
        digest,
        ...(replayed && { replayed }),
      }
      const report = { rangeSize, ranges: digests.end(), verifiedAt: sql`now()` }
      await asMover(db, move, async (tx, row) => {
        const values = { moveId: row.id, ...report }
        await tx.insert(moveReports).values(values).onConflictDoUpdate({ target: moveReports.moveId, set: report })
        const change = { state: 'fencing', verification, verified: equal, repairs: repaired, gate: null } as const
        await changeMove(tx, row, change, verification)
      })
      await context.at('verify: compared')
      return next
    }
    if (pass >= passes && move.repairs === 0 && repaired > 0) {
      const words = `After ${repaired} repairs the two places still differ in ${different.length} records that nobody wrote.`
      throw new AppError('store_inconsistent', words)
    }
    repaired += different.length
    await parts.ledger.soil(different)
  }
}

/** Carries over and compares what was written, until little is left or nothing can be proven right now. */
async function catchUp(context: StepContext, parts: SyncParts): Promise<void> {
  for (let round = 0; round < 100; round += 1) {
    const { synced } = await syncRound(parts)
    await context.at('sync: carried over')
    if (synced < 100) return
  }
}

/** Those that no write has touched since the move began: for the others the journal answers. */
async function untouched({ db, move }: StepContext, ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) return []
  const touched = await db.execute<{ id: string }>(sql`
    select record_id as id from dirty where move_id = ${move.id} and record_id = any(${sql.param([...ids])}::text[])`)
  return [...new Set(ids).difference(new Set(touched.map((one) => one.id)))]
}
