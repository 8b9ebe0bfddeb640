import { sql } from 'drizzle-orm'
import { readBarrier, readCutOff } from '../../registry/barrier.ts'
import { retirePlace } from '../../registry/places.ts'
import { DirtyLedger } from '../dirty-ledger.ts'
import { endJournal, JournalBusy } from '../end-journal.ts'
import { untilOf } from '../gate.ts'
import { guardEnd } from '../guard-loss.ts'
import { asMover, changeMove } from '../journal.ts'
import { purgePlace } from '../purge-place.ts'
import { readRouting } from '../read-places.ts'
import { barrierTickOf, next, replicasBehind, type Step, type StepContext, type StepResult, wait } from '../step.ts'
import { syncParts } from '../sync-parts.ts'

/** The end of a move: STEADY on the new place, a barrier, time for slow reads, then the source is deleted. */
export const complete: Step = async (context) => {
  const { db, move, settings } = context
  await new DirtyLedger(db, move).closeDoubts(settings.storeInDoubtMs)
  if (move.state === 'soaking') await guardEnd(context, await syncParts(context))
  const steady = await asMover(db, move, async (tx, row) => {
    const routing = await readRouting(tx, row)
    if (routing.phase !== 'soak') return row.state === 'completing'
    const changed = await endJournal(tx, row, routing.epoch, settings.drainMs)
    if (changed === undefined) return false
    await retirePlace(tx, row.sourcePlaceId)
    await changeMove(tx, row, { state: 'completing', barrierTick: changed.tick, request: null, claimedIds: [] })
    return false
  }).catch(whenBusy)
  if (typeof steady !== 'boolean') return steady
  if (!steady) return next
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

/** Turns the one fault that only means "try again" into a gate. */
export function whenBusy(error: unknown): StepResult {
  if (error instanceof JournalBusy) return wait({ kind: 'write_under_way' }, 100)
  throw error
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
