import { and, asc, eq, isNull, lte, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { cleanups } from '../../moves/state/moves.sql.ts'

/** Written before the namespace is asked for (I11); stays open and unarmed as long as the place is in use. */
export async function openCleanups(tx: Tx, placeIds: readonly number[]): Promise<void> {
  await tx.insert(cleanups).values(placeIds.map((placeId) => ({ placeId })))
}

/**
 * Counts one that is about to ask the store for the place's namespace after its first maker (who is not counted). From
 * then on a refusal no longer means that nothing is there.
 * @returns false when the reservation is gone.
 */
export async function countAttempt(tx: Tx, placeId: number): Promise<boolean> {
  const [row] = await tx
    .update(cleanups)
    .set({ attempts: sql`${cleanups.attempts} + 1` })
    .where(and(eq(cleanups.placeId, placeId), isNull(cleanups.doneAt), eq(cleanups.armed, false)))
    .returning({ attempts: cleanups.attempts })
  return row !== undefined
}

/** Forgets a place's cleanup if nobody but its first maker has asked the store for the place, and was refused. */
export async function eraseCleanup(tx: Tx, placeId: number): Promise<boolean> {
  const rows = await tx
    .delete(cleanups)
    .where(and(eq(cleanups.placeId, placeId), isNull(cleanups.doneAt), eq(cleanups.attempts, 0)))
    .returning({ id: cleanups.id })
  return rows.length > 0
}

/** Lets the sweep delete the place once nothing that was sent to it can land any more. */
export async function armCleanup(tx: Tx, placeId: number, afterMs: number): Promise<void> {
  await tx
    .update(cleanups)
    .set({ armed: true, notBefore: sql`now() + ${afterMs} * interval '1 millisecond'` })
    .where(and(eq(cleanups.placeId, placeId), isNull(cleanups.doneAt)))
}

export async function closeCleanup(tx: Tx, placeId: number): Promise<void> {
  await tx
    .update(cleanups)
    .set({ doneAt: sql`now()` })
    .where(and(eq(cleanups.placeId, placeId), isNull(cleanups.doneAt)))
}

/** Places of onboardings gone wrong whose time has come; those of moves are the mover's. */
export async function listDueCleanups(tx: Tx, limit: number): Promise<readonly number[]> {
  const rows = await tx
    .select({ placeId: cleanups.placeId })
    .from(cleanups)
    .where(
      and(
        eq(cleanups.armed, true),
        isNull(cleanups.doneAt),
        isNull(cleanups.moveId),
        lte(cleanups.notBefore, sql`now()`),
      ),
    )
    .orderBy(asc(cleanups.notBefore))
    .limit(limit)
  return rows.map((row) => row.placeId)
}
