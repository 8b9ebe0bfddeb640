import { eq } from 'drizzle-orm'
import type { Db } from '../../db/connect.ts'
import { asMover, changeMove, type MoveRow } from '../state/move-history.ts'
import type { PassSoFar, PlaceComparison } from './comparison.ts'
import { movePasses } from './reports.sql.ts'

/** Interval of saved progress; the next mover repeats the work since the last save. */
const markEveryMs = 5_000
/** A pass with more differences than this restarts: each save would have to contain them. */
const differencesAtMost = 10_000

/** The saved progress of the move's comparison. */
export async function readPass(db: Db, move: MoveRow): Promise<PassSoFar> {
  const [row] = await db.select().from(movePasses).where(eq(movePasses.moveId, move.id))
  const progress = row?.progress ?? { pass: 1, repaired: move.repairs, begun: null }
  // A pass that an older version began has no sum of its digests: it begins anew.
  const isOlder = progress.begun !== null && progress.begun.digestSum === undefined
  return isOlder ? { ...progress, begun: null } : progress
}

/** Saves the beginning or end of a pass. */
export async function markPass(db: Db, move: MoveRow, progress: PassSoFar): Promise<void> {
  await asMover(db, move, async (tx, row) => {
    const values = { moveId: row.id, progress }
    await tx.insert(movePasses).values(values).onConflictDoUpdate({ target: movePasses.moveId, set: { progress } })
    await changeMove(tx, row, { verified: comparedIn(progress) })
  })
}

/** Saves a pass's progress when a part is done, but not after every batch: the ranges of a large tenant are many. */
export function passMarks(
  db: Db,
  move: MoveRow,
  { pass, repaired, discarded }: PassSoFar,
  nowMs: () => number,
): (reached: Pick<PassSoFar, 'begun' | 'lanes'>, isPartDone?: boolean) => Promise<void> {
  let markedAtMs = nowMs()
  return async (reached, isPartDone = false) => {
    const differences = findingsOf(reached).reduce(
      (sum, { toPut, toDelete }) => sum + toPut.length + toDelete.length,
      0,
    )
    const isTooLong = differences > differencesAtMost
    if ((isPartDone || nowMs() - markedAtMs >= markEveryMs) && !isTooLong) {
      markedAtMs = nowMs()
      await markPass(db, move, { pass, repaired, ...(discarded !== undefined && { discarded }), ...reached })
    } else {
      const change = { verified: comparedIn(reached) }
      await asMover(db, move, (tx, row) => changeMove(tx, row, change))
    }
  }
}

/** The findings of a pass so far, in one lane or in several. */
function findingsOf({ begun, lanes }: Pick<PassSoFar, 'begun' | 'lanes'>): readonly PlaceComparison[] {
  return [begun, lanes?.done, ...(lanes?.open ?? []).map((part) => part.begun)].filter((some) => some != null)
}

function comparedIn(reached: Pick<PassSoFar, 'begun' | 'lanes'>): number {
  return findingsOf(reached).reduce((sum, { sourceRecords }) => sum + sourceRecords, 0)
}
