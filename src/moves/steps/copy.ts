import { eq, sql } from 'drizzle-orm'
import type { TenantStore, VectorRecord } from '../../stores/store.ts'
import { asMover, changeMove, type MoveChange, type MoveRow } from '../journal.ts'
import { moves } from '../moves.sql.ts'
import { next, type Step, type StepContext } from '../step.ts'
import { carry, type SyncParts, syncRound } from '../sync.ts'
import { syncParts } from '../sync-parts.ts'

/** Listing pages of 100 ids that make one batch: one claim, one upsert, one record of progress. */
const pagesPerBatch = 5

/**
 * Copies page by page: list, fetch, drop what was written since the move began, claim the rest in the move's row, put it
 * in the target, then move the cursor. Between batches it carries over what was written meanwhile.
 */
export const copy: Step = async (context) => {
  const { move, signal } = context
  const parts = await syncParts(context)
  // What the mover before us may have sent last can still land.
  if (move.claimedIds.length > 0) await parts.ledger.soil(move.claimedIds, parts.storeInDoubtMs)
  let row = move
  if (row.total === null) {
    const total = (await parts.active.describeNamespace({ signal }))?.recordCount
    if (total === undefined) throw new Error(`the namespace of move ${move.id}'s source is gone`)
    row = await record(context, { total })
  }
  for (;;) {
    const batch = await readBatch(parts.active, row.cursor, signal)
    const copied = await copyBatch(context, parts, batch.records)
    const isLast = batch.nextCursor === undefined
    row = await record(context, {
      cursor: batch.nextCursor ?? null,
      claimedIds: [],
      copied: sql`copied + ${copied}`,
      ...(isLast ? { state: 'verifying', gate: null } : {}),
    })
    await context.at('copy: batch recorded')
    if (isLast || row.request !== null || row.state !== 'copying') return next
    await syncRound(parts)
    await context.at('sync: carried over')
  }
}

async function copyBatch(context: StepContext, parts: SyncParts, records: readonly VectorRecord[]): Promise<number> {
  if (records.length === 0) return 0
  const untouched = await parts.ledger.claimUntouched(records.map((one) => one.id))
  await context.at('copy: batch claimed')
  const batch = records.filter((one) => untouched.has(one.id))
  const ids = batch.map((one) => one.id)
  if (batch.length > 0) await carry(parts, ids, () => parts.follower.upsert(batch, { signal: context.signal }))
  await context.at('copy: batch written')
  return records.length
}

async function readBatch(
  from: TenantStore,
  cursor: string | null,
  signal: AbortSignal,
): Promise<{ records: VectorRecord[]; nextCursor: string | undefined }> {
  const pages: (readonly string[])[] = []
  let nextCursor = cursor ?? undefined
  for (let page = 0; page < pagesPerBatch; page += 1) {
    const listed = await from.list(
      { limit: 100, ...(nextCursor === undefined ? {} : { cursor: nextCursor }) },
      { signal },
    )
    pages.push(listed.ids)
    nextCursor = listed.nextCursor
    if (nextCursor === undefined) break
  }
  const fetched = await Promise.all(pages.filter((ids) => ids.length > 0).map((ids) => from.fetch(ids, { signal })))
  return { records: fetched.flatMap(({ records }) => [...records.values()]), nextCursor }
}

async function record(context: StepContext, change: MoveChange): Promise<MoveRow> {
  return asMover(context.db, context.move, async (tx, row) => {
    await changeMove(tx, row, change)
    const [fresh] = await tx.select().from(moves).where(eq(moves.id, row.id))
    if (fresh === undefined) throw new Error('the row is locked by this transaction')
    return fresh
  })
}
