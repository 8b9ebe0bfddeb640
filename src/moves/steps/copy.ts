import { sql } from 'drizzle-orm'
import { isAppError } from '../../errors.ts'
import type { TenantStore, VectorRecord } from '../../stores/store.ts'
import { asMover, changeMove, type MoveChange, type MoveRow } from '../journal.ts'
import { moves } from '../moves.sql.ts'
import { readPlacements } from '../read-places.ts'
import { next, type Step, type StepContext } from '../step.ts'

/** Listing pages of 100 ids that make one batch: one claim, one upsert, one record of progress. */
const pagesPerBatch = 5

/**
 * Copies page by page: list, fetch, claim the ids in the move's row, put them in the target, then move the cursor and
 * clear the claim in one transaction. A batch that is done twice puts the same records again.
 */
export const copy: Step = async (context) => {
  const { db, stores, move, signal } = context
  const { source, target } = await readPlacements(db, move)
  const from = stores.open(source)
  const to = stores.open(target)
  let row = move
  if (row.total === null) {
    const total = (await from.describeNamespace({ signal }))?.recordCount
    if (total === undefined) throw new Error(`the namespace of move ${move.id}'s source is gone`)
    row = await record(context, { total })
  }
  for (;;) {
    const batch = await readBatch(from, row.cursor, signal)
    if (batch.records.length > 0) {
      await record(context, { claimedIds: batch.records.map((one) => one.id) })
      await context.at('copy: batch claimed')
      await put(context, to, batch.records)
      await context.at('copy: batch written')
    }
    const copied = row.copied + batch.records.length
    row = await record(context, {
      cursor: batch.nextCursor ?? null,
      claimedIds: [],
      copied,
      ...(batch.nextCursor === undefined ? { state: 'verifying', total: copied, gate: null } : {}),
    })
    await context.at('copy: batch recorded')
    if (batch.nextCursor === undefined || row.request !== null) return next
  }
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

/** A write that may still land later makes the target suspect: there is no switch before that can be over. */
async function put(context: StepContext, to: TenantStore, records: readonly VectorRecord[]): Promise<void> {
  try {
    const receipt = await to.upsert(records, { signal: context.signal })
    if (receipt.doubtful) await suspect(context)
  } catch (error) {
    if (isAppError(error, 'outcome_unknown')) await suspect(context)
    throw error
  }
}

export async function suspect(context: StepContext): Promise<void> {
  const until = sql`now() + make_interval(secs => ${context.settings.storeInDoubtMs / 1000})`
  await record(context, { suspectUntil: until })
}

async function record(context: StepContext, change: MoveChange): Promise<MoveRow> {
  return asMover(context.db, context.move, async (tx, row) => {
    await changeMove(tx, row, change)
    const [fresh] = await tx.select().from(moves).where(sql`${moves.id} = ${row.id}`)
    if (fresh === undefined) throw new Error('the row is locked by this transaction')
    return fresh
  })
}
