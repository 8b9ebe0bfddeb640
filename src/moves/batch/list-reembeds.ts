import { desc, eq } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { indexes } from '../../registry/indexes.sql.ts'
import { type IndexReembedState, indexReembeds, type SkippedTenant } from './index-reembeds.sql.ts'
import { readProgress } from './reembed-progress.ts'

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
  return viewsOf(db, rows)
}

type BatchRow = { readonly batch: typeof indexReembeds.$inferSelect; readonly index: string }

export async function indexReembedView(tx: Tx, row: BatchRow): Promise<IndexReembedView> {
  const [view] = await viewsOf(tx, [row])
  if (view === undefined) throw new Error('a row has a view')
  return view
}

async function viewsOf(tx: Tx, rows: readonly BatchRow[]): Promise<readonly IndexReembedView[]> {
  const progress = await readProgress(
    tx,
    rows.map(({ batch }) => batch.id),
  )
  return rows.flatMap(({ batch, index }) => {
    const counts = progress.get(batch.id)
    if (counts === undefined) return []
    const { tokensUsed, left, open, moved, undone } = counts
    const { id, model, tokensPerDay, leaveBehind, maxRecallLoss, state, skipped, createdBy } = batch
    return [
      {
        id,
        index,
        model,
        tokensPerDay,
        tokensUsed,
        leaveBehind,
        maxRecallLoss,
        state,
        tenants: { left, open, moved, undone },
        skipped,
        createdBy,
        createdAt: batch.createdAt.toISOString(),
        endedAt: batch.endedAt?.toISOString() ?? null,
      },
    ]
  })
}
