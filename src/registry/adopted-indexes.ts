import { and, eq, isNotNull, or, sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import { indexes } from './indexes.sql.ts'
import type { IndexRow, NewIndex } from './indexes.ts'

/** Writes down an index that others made; it is in use from the commit on. */
export async function adoptIndexRow(
  tx: Tx,
  index: Omit<NewIndex, 'state' | 'adoptedAt' | 'ordinal' | 'tenantId'>,
): Promise<IndexRow> {
  const [row] = await tx
    .insert(indexes)
    .values({ ...index, state: 'ready', adoptedAt: sql`now()` })
    .returning()
  if (row === undefined) throw new Error('The insert of an index returned no row.')
  return row
}

/** Changes what an adopted index is declared to be. */
export async function describeAdopted(
  tx: Tx,
  id: number,
  change: Partial<Pick<IndexRow, 'namespaceLimit' | 'fields'>>,
): Promise<IndexRow> {
  const [row] = await tx.update(indexes).set(change).where(eq(indexes.id, id)).returning()
  if (row === undefined) throw new Error(`There is no index ${id}.`)
  return row
}

/** An adopted index, locked until the transaction ends; undefined: none of that name was adopted. */
export async function lockAdopted(tx: Tx, project: string, name: string): Promise<IndexRow | undefined> {
  const [row] = await tx
    .select()
    .from(indexes)
    .where(and(eq(indexes.project, project), eq(indexes.name, name), isNotNull(indexes.adoptedAt)))
    .for('update')
  return row
}

/** Forgets an adopted index without any tenant; the store still has it. */
export async function forgetAdopted(tx: Tx, id: number): Promise<void> {
  await tx.delete(indexes).where(eq(indexes.id, id))
}

/** Takes the statement that seals an index once it was watched for so long; at once for 0. */
export async function stateSeal(tx: Tx, id: number, watchMs: number): Promise<void> {
  const change =
    watchMs === 0
      ? { sealedAt: sql`now()`, sealUntil: null }
      : { sealUntil: sql`now() + ${watchMs} * interval '1 millisecond'` }
  await tx.update(indexes).set(change).where(eq(indexes.id, id))
}

/** Ends the watch of an index, whose statement holds from now on. @returns false when another replica ended it. */
export async function setSealed(tx: Tx, id: number): Promise<boolean> {
  const rows = await tx
    .update(indexes)
    .set({ sealedAt: sql`now()`, sealUntil: null })
    .where(and(eq(indexes.id, id), isNotNull(indexes.sealUntil)))
    .returning({ id: indexes.id })
  return rows.length > 0
}

/** Withdraws a statement that the watch contradicts. @returns false when another replica did it. */
export async function withdrawSeal(tx: Tx, id: number): Promise<boolean> {
  const rows = await tx
    .update(indexes)
    .set({ sealUntil: null })
    .where(and(eq(indexes.id, id), isNotNull(indexes.sealUntil)))
    .returning({ id: indexes.id })
  return rows.length > 0
}

/** Adopted indexes that are sealed, or are watched before that. */
export async function listWatchedIndexes(tx: Tx): Promise<readonly IndexRow[]> {
  return tx
    .select()
    .from(indexes)
    .where(and(isNotNull(indexes.adoptedAt), or(isNotNull(indexes.sealUntil), isNotNull(indexes.sealedAt))))
    .orderBy(indexes.id)
}
