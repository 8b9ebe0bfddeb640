import { and, asc, eq, inArray, lt, sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import { indexes } from './indexes.sql.ts'
import type { IndexRow } from './indexes.ts'

/** Takes over an index whose creator's lease has expired. */
export async function takeOverCreation(tx: Tx, id: number, leaseMs: number): Promise<IndexRow | undefined> {
  const [row] = await tx
    .update(indexes)
    .set({ creatorLeaseUntil: fromNow(leaseMs) })
    .where(and(eq(indexes.id, id), eq(indexes.state, 'creating'), lt(indexes.creatorLeaseUntil, sql`now()`)))
    .returning()
  return row
}

export async function renewCreation(tx: Tx, id: number, leaseMs: number): Promise<void> {
  await tx
    .update(indexes)
    .set({ creatorLeaseUntil: fromNow(leaseMs) })
    .where(and(eq(indexes.id, id), eq(indexes.state, 'creating')))
}

export async function setIndexReady(tx: Tx, id: number, host: string): Promise<void> {
  await tx
    .update(indexes)
    .set({ state: 'ready', host, creatorLeaseUntil: null })
    .where(and(eq(indexes.id, id), eq(indexes.state, 'creating')))
}

/** Stops new tenants. `forMs`: how long a creation request already sent may still land. */
export async function setIndexDeleting(tx: Tx, id: number, forMs: number): Promise<void> {
  await tx
    .update(indexes)
    .set({ state: 'deleting', creatorLeaseUntil: fromNow(forMs) })
    .where(and(eq(indexes.id, id), inArray(indexes.state, ['creating', 'ready'])))
}

/** Deletes the row of an index that the store refused to make: nothing exists, so its number may be reused. */
export async function eraseIndex(tx: Tx, id: number): Promise<void> {
  await tx.delete(indexes).where(and(eq(indexes.id, id), eq(indexes.state, 'deleting')))
}

/** Indexes whose creator or deleter died, so that its lease expired. */
export async function listAbandoned(tx: Tx, state: 'creating' | 'deleting'): Promise<readonly IndexRow[]> {
  return tx
    .select()
    .from(indexes)
    .where(and(eq(indexes.state, state), lt(indexes.creatorLeaseUntil, sql`now()`)))
    .orderBy(asc(indexes.id))
}

function fromNow(ms: number) {
  return sql`now() + ${ms} * interval '1 millisecond'`
}
