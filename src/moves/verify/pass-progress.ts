import { eq } from 'drizzle-orm'
import type { Db } from '../../db/connect.ts'
import { asMover, changeMove, type MoveRow } from '../state/move-history.ts'
import type { PassProgress, PassSoFar } from './comparison.ts'
import { movePasses } from './reports.sql.ts'

/** Interval of saved progress; the next mover repeats the work since the last save. */
const markEveryMs = 5_000
/** A pass with more differences than this restarts: each save would have to contain them. */
const differencesAtMost = 10_000

/** The saved progress of the move's comparison. */
export async function readPass(db: Db, move: MoveRow): Promise<PassSoFar> {
  const [row] = await db.select().from(movePasses).where(eq(movePasses.moveId, move.id))
  return row?.progress ?? { pass: 1, repaired: move.repairs, begun: null }
}

/** Saves the beginning or end of a pass. */
export async function markPass(db: Db, move: MoveRow, progress: PassSoFar): Promise<void> {
  await asMover(db, move, async (tx, row) => {
    const values = { moveId: row.id, progress }
    await tx.insert(movePasses).values(values).onConflictDoUpdate({ target: movePasses.moveId, set: { progress } })
    await changeMove(tx, row, { verified: progress.begun?.sourceRecords ?? 0 })
  })
}

/** Saves a pass's progress, but not after every batch: the ranges of a large tenant are many. */
export function passMarks(
  db: Db,
  move: MoveRow,
  at: Pick<PassSoFar, 'pass' | 'repaired'>,
  nowMs: () => number,
): (begun: PassProgress) => Promise<void> {
  let markedAtMs = nowMs()
  return async (begun) => {
    const isTooLong = begun.toPut.length + begun.toDelete.length > differencesAtMost
    if (nowMs() - markedAtMs >= markEveryMs && !isTooLong) {
      markedAtMs = nowMs()
      await markPass(db, move, { ...at, begun })
    } else {
      const change = { verified: begun.sourceRecords }
      await asMover(db, move, (tx, row) => changeMove(tx, row, change))
    }
  }
}
