import { eq, sql } from 'drizzle-orm'
import { findParts } from '../copy/find-parts.ts'
import { type LaneBatch, readLanes } from '../copy/lanes.ts'
import { putBatches } from '../copy/put-batch.ts'
import { budgetedSize } from '../copy/read-size.ts'
import type { CopyPart } from '../state/copy-part.ts'
import { asMover, changeMove, type MoveChange, type MoveRow } from '../state/move-history.ts'
import { moves } from '../state/moves.sql.ts'
import { NeedsPerson } from '../state/stop-reason.ts'
import { defaultCopyLanes, defaultCopySplit, next, type Step, type StepContext } from '../sync/step.ts'
import { sendToFollower, syncRound } from '../sync/sync.ts'
import { type SyncParts, syncParts } from '../sync/sync-parts.ts'
import { type CopiedPage, digestPages, isBitByBit, keepPages } from '../verify/copied-pages.ts'

/**
 * Copies batch by batch: list, fetch, drop ids written since the move began, claim the rest in the move's row, put it
 * in the target, then advance the cursor. Between batches it syncs what was written meanwhile.
 *
 * Batches are read ahead, those of a large place in several lanes. What the lanes have ready is claimed, put and
 * recorded together, so that no put is under way while it syncs. A write after a record's read either has its intent in
 * the change log before the record is claimed here, and is dropped, or comes after the claim, and is copied by the sync.
 */
export const copy: Step = async (context) => {
  const { move, signal, settings } = context
  const parts = await syncParts(context)
  // The last batches of an earlier mover can still land.
  if (move.claimedIds.length > 0) await parts.changes.markDirty(move.claimedIds, parts.storeInDoubtMs)
  let row = move
  if (row.total === null) {
    const total = (await parts.active.describeNamespace({ signal }))?.recordCount
    if (total === undefined) throw new NeedsPerson({ words: "The source's namespace is gone.", records: move.copied })
    row = await record(context, { total })
  }
  const lanes = settings.copyLanes ?? defaultCopyLanes
  const { partsPerLane, fromRecords, pageIds } = settings.copySplit ?? defaultCopySplit
  // Where a model makes the vectors, it determines the time, and one lane is enough.
  if (parts.transform === undefined && lanes > 1 && isUnbegun(row) && (row.total ?? 0) >= fromRecords) {
    const copyParts = await findParts(parts.active, { atLeast: lanes * partsPerLane, pageIds, signal })
    row = await record(context, { copyParts })
  }
  let open = row.copyParts ?? [wholePlace(row)]
  const reading = new AbortController()
  try {
    const size = budgetedSize(row.copyParts === null ? 1 : lanes)
    const options = { lanes, size, signal: AbortSignal.any([signal, reading.signal]) }
    for await (const batches of readLanes(parts, open, options)) {
      const { copied, pages } = await copyBatches(context, parts, batches)
      open = batches.reduce(afterBatch, open)
      const isLast = open.length === 0
      const tokens = batches.reduce((sum, batch) => sum + batch.tokens, 0)
      const change: MoveChange = {
        ...positionOf(row, open),
        claimedIds: [],
        copied: sql`copied + ${copied}`,
        ...(tokens > 0 && { embeddedTokens: sql`embedded_tokens + ${tokens}` }),
        ...(isLast ? { state: 'verifying', gate: null } : {}),
      }
      row = await record(context, change, pages)
      await context.at('copy: batch recorded')
      if (isLast || row.request !== null || row.state !== 'copying') return next
      await syncRound(parts)
      await context.at('sync: carried over')
    }
    return next
  } finally {
    // Nobody takes what the lanes have read ahead.
    reading.abort()
  }
}

/** Whether nothing of the place was copied yet: what is under way in one lane stays so. */
function isUnbegun({ copyParts, cursor, copiedTo }: MoveRow): boolean {
  return copyParts === null && cursor === null && copiedTo === null
}

/** The place as one part, from the position in the move's row. */
function wholePlace({ cursor, copiedTo }: MoveRow): CopyPart {
  return { prefix: '', ...(cursor !== null && { cursor }), ...(copiedTo !== null && { copiedTo }) }
}

/** The open parts once a batch of one of them is copied. */
function afterBatch(open: readonly CopyPart[], { part, batch }: LaneBatch): readonly CopyPart[] {
  const isIt = (one: CopyPart) => one.prefix === part.prefix && one.isOneId === part.isOneId
  const { nextCursor: cursor } = batch
  if (cursor === undefined) return open.filter((one) => !isIt(one))
  return open.map((one) => {
    if (!isIt(one)) return one
    const copiedTo = batch.ids.at(-1) ?? one.copiedTo
    return { prefix: one.prefix, cursor, ...(copiedTo !== undefined && { copiedTo }) }
  })
}

/** The same as the move's row keeps it. */
function positionOf(row: MoveRow, open: readonly CopyPart[]): MoveChange {
  if (row.copyParts !== null) return { copyParts: open.length === 0 ? null : open }
  const [whole] = open
  return { cursor: whole?.cursor ?? null, copiedTo: whole?.copiedTo ?? row.copiedTo }
}

interface Copied {
  readonly copied: number
  /** Digests for the comparison, of the pages that were put as they were read. */
  readonly pages: readonly CopiedPage[]
}

async function copyBatches(context: StepContext, parts: SyncParts, batches: readonly LaneBatch[]): Promise<Copied> {
  const records = batches.flatMap(({ copies }) => copies)
  if (records.length === 0) return { copied: 0, pages: [] }
  // Sparse values that the target can't take would be refused there; lengths are counted over all records at once.
  parts.metric?.refuseSparse(records)
  const untouched = await parts.changes.claimUntouched(records.map((one) => one.id))
  await context.at('copy: batch claimed')
  const puts = batches.map(({ copies }) => copies.filter((one) => untouched.has(one.id)))
  const ids = puts.flatMap((some) => some.map((one) => one.id))
  const putting =
    ids.length > 0 ? sendToFollower(parts, ids, () => putBatches(parts.follower, puts, context.signal)) : undefined
  // The store works meanwhile.
  const [pages] = await Promise.all([isBitByBit(parts) ? digestPages(batches, untouched) : [], putting])
  await context.at('copy: batch written')
  return { copied: records.length, pages }
}

/** In one transaction: what was copied, and the digests of it. */
async function record(context: StepContext, change: MoveChange, pages: readonly CopiedPage[] = []): Promise<MoveRow> {
  return asMover(context.db, context.move, async (tx, row) => {
    await changeMove(tx, row, change)
    await keepPages(tx, row, pages)
    const [fresh] = await tx.select().from(moves).where(eq(moves.id, row.id))
    if (fresh === undefined) throw new Error('the row is locked by this transaction')
    return fresh
  })
}
