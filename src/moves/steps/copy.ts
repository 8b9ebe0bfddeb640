import { eq, sql } from 'drizzle-orm'
import type { VectorRecord } from '../../stores/store.ts'
import { copiesAhead } from '../copy/copies-ahead.ts'
import { putBatch } from '../copy/put-batch.ts'
import { readAhead } from '../copy/read-ahead.ts'
import { asMover, changeMove, type MoveChange, type MoveRow } from '../state/move-history.ts'
import { moves } from '../state/moves.sql.ts'
import { NeedsPerson } from '../state/stop-reason.ts'
import { next, type Step, type StepContext } from '../sync/step.ts'
import { sendToFollower, syncRound } from '../sync/sync.ts'
import { type SyncParts, syncParts } from '../sync/sync-parts.ts'

/**
 * Copies batch by batch: list, fetch, drop ids written since the move began, claim the rest in the move's row, put it
 * in the target, then advance the cursor. Between batches it syncs what was written meanwhile.
 *
 * Batches are read ahead. A write after a record's read either has its intent in the change log before the record is
 * claimed here, and is dropped, or comes after the claim, and is copied by the sync.
 */
export const copy: Step = async (context) => {
  const { move, signal } = context
  const parts = await syncParts(context)
  // The last batch of an earlier mover can still land.
  if (move.claimedIds.length > 0) await parts.changes.markDirty(move.claimedIds, parts.storeInDoubtMs)
  let row = move
  if (row.total === null) {
    const total = (await parts.active.describeNamespace({ signal }))?.recordCount
    if (total === undefined) throw new NeedsPerson({ words: "The source's namespace is gone.", records: move.copied })
    row = await record(context, { total })
  }
  const listed = readAhead(parts.active, {
    cursor: row.cursor ?? undefined,
    afterId: row.copiedTo ?? undefined,
    signal,
  })
  for await (const { batch, copies, tokens } of copiesAhead(parts, listed)) {
    const copied = await copyBatch(context, parts, copies)
    const isLast = batch.nextCursor === undefined
    row = await record(context, {
      cursor: batch.nextCursor ?? null,
      copiedTo: batch.ids.at(-1) ?? row.copiedTo,
      claimedIds: [],
      copied: sql`copied + ${copied}`,
      ...(tokens > 0 && { embeddedTokens: sql`embedded_tokens + ${tokens}` }),
      ...(isLast ? { state: 'verifying', gate: null } : {}),
    })
    await context.at('copy: batch recorded')
    if (isLast || row.request !== null || row.state !== 'copying') return next
    await syncRound(parts)
    await context.at('sync: carried over')
  }
  return next
}

async function copyBatch(context: StepContext, parts: SyncParts, records: readonly VectorRecord[]): Promise<number> {
  if (records.length === 0) return 0
  // Sparse values that the target can't take would be refused there; lengths are counted over all records at once.
  parts.metric?.refuseSparse(records)
  const untouched = await parts.changes.claimUntouched(records.map((one) => one.id))
  await context.at('copy: batch claimed')
  const batch = records.filter((one) => untouched.has(one.id))
  const ids = batch.map((one) => one.id)
  if (batch.length > 0) await sendToFollower(parts, ids, () => putBatch(parts.follower, batch, context.signal))
  await context.at('copy: batch written')
  return records.length
}

async function record(context: StepContext, change: MoveChange): Promise<MoveRow> {
  return asMover(context.db, context.move, async (tx, row) => {
    await changeMove(tx, row, change)
    const [fresh] = await tx.select().from(moves).where(eq(moves.id, row.id))
    if (fresh === undefined) throw new Error('the row is locked by this transaction')
    return fresh
  })
}
