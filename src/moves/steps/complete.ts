import { sql } from 'drizzle-orm'
import { readBarrier, readCutOff } from '../../registry/barrier.ts'
import { retirePlace } from '../../registry/places.ts'
import { endJournal } from '../end-journal.ts'
import { untilOf } from '../gate.ts'
import { guardEnd } from '../guard-loss.ts'
import { asMover, changeMove } from '../journal.ts'
import { purgePlace } from '../purge-place.ts'
import { barrierTickOf, next, replicasBehind, type Step, type StepContext, type StepResult, wait } from '../step.ts'
import { syncParts } from '../sync-parts.ts'

/** The end of a move: STEADY on the new place, a barrier, time for slow reads, then the source is deleted. */
export const complete: Step = async (context) => {
  const { db, move, settings } = context
  if (move.state !== 'completing') {
    await guardEnd(context, await syncParts(context))
    const kept = await endJournal(context, async (tx, row) => {
      if (row.state === 'completing') return
      await retirePlace(tx, row.sourcePlaceId)
      await changeMove(tx, row, { state: 'completing', request: null, claimedIds: [] })
    })
    return kept ?? next
  }
  await context.at('complete: steady')
  const { behind } = await readBarrier(db, barrierTickOf(move), settings.storeInDoubtMs)
  if (behind > 0) return wait(replicasBehind(behind), 50)
  const readers = await oldReaders(context)
  if (readers !== undefined) return readers
  const receipt = await purgePlace(context, move.sourcePlaceId)
  if (receipt === undefined) return wait({ kind: 'deletion_not_shown' }, 500)
  await context.at('complete: purged')
  await asMover(db, move, async (tx, row) => {
    await tx.execute(sql`delete from dirty where move_id = ${row.id}`)
    await changeMove(tx, row, { state: 'completed', gate: null, error: null }, { purged: receipt })
  })
  return next
}

/**
 * The gate of the old place's last readers; undefined when there can be none: reads that began before the last switch
 * have had their time, and a replica that was cut off from Postgres no longer answers by what it saw before.
 */
export async function oldReaders({ db, clock, move, settings }: StepContext): Promise<StepResult | undefined> {
  const [left] = await db.execute<{ ms: number }>(sql`
    select ceil(greatest(0, extract(epoch from ${move.switchedAt?.toISOString() ?? null}::timestamptz - now()) * 1000 + ${settings.readGraceMs}))::int as ms`)
  const slowMs = left?.ms ?? 0
  if (slowMs > 0) return wait({ kind: 'slow_reads', until: untilOf(clock, slowMs) }, Math.min(slowMs, 1000))
  const cutOffMs = await readCutOff(db, barrierTickOf(move), settings.staleReadsMs)
  if (cutOffMs === 0) return undefined
  return wait({ kind: 'stale_reader', until: untilOf(clock, cutOffMs) }, Math.min(cutOffMs, 1000))
}
