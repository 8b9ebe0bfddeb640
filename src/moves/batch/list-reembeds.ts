import { desc, eq, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { indexes } from '../../registry/indexes.sql.ts'
import { type IndexReembedState, indexReembeds, type SkippedTenant } from './index-reembeds.sql.ts'
import { candidatesOf, progressOf } from './reembed-progress.ts'

/** The change of an index's tenants to another model, as staff see it. Times are ISO 8601. */
export interface IndexReembedView {
  readonly id: string
  readonly index: string
  readonly model: string
  readonly tokensPerDay: number
  /** Tokens that its moves of the last 24 hours had embedded. */
  readonly tokensUsed: number
  readonly leaveBehind: number
  readonly maxRecallLoss: number | null
  readonly state: IndexReembedState
  /** Tenants without a move, those on their way, those that are served from their new place, and those sent back. */
  readonly tenants: { readonly left: number; readonly open: number; readonly moved: number; readonly undone: number }
  readonly skipped: readonly SkippedTenant[]
  readonly createdBy: string
  readonly createdAt: string
  readonly endedAt: string | null
}

/** Lists the last ones, newest first. */
export async function listIndexReembeds({ db }: { readonly db: Tx }): Promise<readonly IndexReembedView[]> {
  const rows = await db
    .select({ batch: indexReembeds, index: indexes.name })
    .from(indexReembeds)
    .innerJoin(indexes, eq(indexes.id, indexReembeds.indexId))
    .orderBy(desc(indexReembeds.createdAt), desc(indexReembeds.id))
    .limit(50)
  return Promise.all(rows.map((row) => indexReembedView(db, row)))
}

export async function indexReembedView(
  tx: Tx,
  { batch, index }: { readonly batch: typeof indexReembeds.$inferSelect; readonly index: string },
): Promise<IndexReembedView> {
  const { id, model, tokensPerDay, leaveBehind, maxRecallLoss, state, skipped, createdBy } = batch
  const { tokensUsed, open, moved, undone } = await progressOf(tx, id)
  const [waiting] = await tx.execute<{ left: number }>(
    sql`select count(*)::int as left from (${candidatesOf(batch)}) as candidates`,
  )
  return {
    id,
    index,
    model,
    tokensPerDay,
    tokensUsed,
    leaveBehind,
    maxRecallLoss,
    state,
    tenants: { left: waiting?.left ?? 0, open, moved, undone },
    skipped,
    createdBy,
    createdAt: batch.createdAt.toISOString(),
    endedAt: batch.endedAt?.toISOString() ?? null,
  }
}
