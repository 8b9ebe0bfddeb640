import { and, asc, eq, isNull, lte, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { cleanups } from '../../moves/state/moves.sql.ts'

/**
 * Counts a further request for the place's namespace, beyond its first maker's. From then on a refusal no longer means
 * that nothing exists.
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

/** Deletes a place's cleanup if only its first maker has asked the store for the place, and was refused. */
export async function eraseCleanup(tx: Tx, placeId: number): Promise<boolean> {
  const rows = await tx
    .delete(cleanups)
    .where(and(eq(cleanups.placeId, placeId), isNull(cleanups.doneAt), eq(cleanups.attempts, 0)))
    .returning({ id: cleanups.id })
  return rows.length > 0
}

/** Lets the sweep delete the place once no request to it can land any more. */
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

/** Due cleanups of failed onboardings; the mover handles those of moves. */
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
