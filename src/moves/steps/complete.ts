import { sql } from 'drizzle-orm'
import { retirePlace } from '../../registry/places.ts'
import { readCutOff } from '../../routing/barrier.ts'
import { untilOf } from '../state/gate.ts'
import { asMover, changeMove } from '../state/move-history.ts'
import { guardEnd } from '../switch/guard-loss.ts'
import { barrierOf, next, type Step, type StepContext, type StepResult, wait } from '../sync/step.ts'
import { syncParts } from '../sync/sync-parts.ts'
import { giveUpPlace } from './give-up-place.ts'

/** Ends a move: copying back stops, slow reads get their time, then the source is deleted. */
export const complete: Step = async (context) => {
  const { db, move } = context
  if (move.state !== 'completing') {
    await guardEnd(context, await syncParts(context))
    await asMover(db, move, async (tx, row) => {
      // A person asked for something else meanwhile.
      if (row.request !== move.request) return
      await retirePlace(tx, row.sourcePlaceId)
      await changeMove(tx, row, { state: 'completing', request: null, claimedIds: [] })
    })
    return next
  }
  await context.at('complete: begun')
  const readers = await oldReaders(context)
  if (readers !== undefined) return readers
  const placeId = move.sourcePlaceId
  return giveUpPlace(context, { placeId, purged: 'complete: purged', state: () => 'completed' })
}

/**
 * The gate of the old place's last readers; undefined when there can be none: reads from before the last cutover have
 * had their time, and a replica cut off from Postgres no longer answers by its old view.
 */
export async function oldReaders({ db, clock, move, settings }: StepContext): Promise<StepResult | undefined> {
  const [left] = await db.execute<{ ms: number }>(sql`
    select ceil(greatest(0, extract(epoch from ${move.switchedAt?.toISOString() ?? null}::timestamptz - now()) * 1000 + ${settings.readGraceMs}))::int as ms`)
  const slowMs = left?.ms ?? 0
  if (slowMs > 0) return wait({ kind: 'slow_reads', until: untilOf(clock, slowMs) }, Math.min(slowMs, 1000))
  const cutOffMs = await readCutOff(db, barrierOf(move), settings.staleReadsMs)
  if (cutOffMs === 0) return undefined
  return wait({ kind: 'stale_reader', until: untilOf(clock, cutOffMs) }, Math.min(cutOffMs, 1000))
}
