import { isRefusal } from '../../routing/write-log/write-outcome.ts'
import type { VectorRecord, WriteReceipt } from '../../stores/store.ts'
import { putBatch } from '../copy/put-batch.ts'
import { NeedsPerson } from '../state/stop-reason.ts'
import { refuseMisfits } from '../transform/metric-change.ts'
import { matchOf } from '../verify/record-match.ts'
import { isFresh, isShownThere, stampCopy } from './freshness.ts'
import { afterLoss, refuseStrayDeletes } from './lost-places.ts'
import type { ChangedRow } from './move-changes.ts'
import { maxFollowed, type StoreLag, type WrittenRow } from './store-lag.ts'
import type { SyncParts } from './sync-parts.ts'

/** Rows copied at once. */
const roundSize = 1000
/**
 * The oldest rows, read first: while most of these are invisible, younger ones are too. With the followed writes they
 * fit one request.
 */
const firstLook = 100 - maxFollowed

/** Copies and compares once what is ready. @returns how many rows were copied, and how many compared. */
export async function syncRound(parts: SyncParts): Promise<{ readonly synced: number; readonly verified: number }> {
  const begunAtMs = parts.rates.nowMs()
  const { synced, verified } = await round(parts).catch((fault) => afterLoss(parts, fault))
  parts.rates.rounded(begunAtMs, synced)
  if (parts.mayDrop && parts.rates.isDropDue())
    parts.rates.droppedTo = await parts.changes.drop(parts.rates.droppedTo, parts.storeVisibleMs)
  return { synced, verified }
}

async function round(parts: SyncParts): Promise<{ readonly synced: number; readonly verified: number }> {
  return { synced: await carryOver(parts), verified: await verify(parts) }
}

/**
 * Copies a batch of writes from the active place to the follower: reads until each is proven to be the last write, puts
 * or deletes it, and marks it only if nothing was written since. Copy and sync never overlap, since one mover runs them
 * in turn.
 */
async function carryOver(parts: SyncParts): Promise<number> {
  const { changes, active, follower, signal, storeVisibleMs } = parts
  await changes.closeDoubts(parts.storeInDoubtMs)
  const rows = await changes.unsynced(roundSize, storeVisibleMs)
  const records = new Map<string, VectorRecord>()
  const lag = parts.rates.lagOf(active.placement.placeId)
  const fresh = await inTwoLooks(rows, async (some, isFirst) => {
    const lookedAtMs = parts.rates.nowMs()
    const found = await active.fetch(idsOf(some, isFirst ? lag : undefined), { signal })
    if (isFirst) lag.looked(lookedAtMs, rows.map(writtenHere), found.records)
    for (const [id, record] of found.records) records.set(id, record)
    return some.filter((row) => isFresh(row, found.records.get(row.id), found.indexedLsn, storeVisibleMs))
  })
  if (fresh.length === 0) return 0
  const ids = fresh.map((row) => row.id)
  const copied = await followersCopies(parts, fresh, records)
  const puts = fresh.flatMap((row) => {
    const record = copied.get(row.id)
    return record === undefined ? [] : [{ row, ...stampCopy(record, row.seq) }]
  })
  const deletes = fresh.filter((row) => !copied.has(row.id))
  await refuseStrayDeletes(
    parts,
    deletes.filter((row) => !records.has(row.id)),
  )
  await changes.claim(ids)
  const copies = puts.map(({ copy }) => copy)
  const put = puts.length > 0 ? await sendToFollower(parts, ids, () => putBatch(follower, copies, signal)) : {}
  const gone = deletes.map(({ id }) => id)
  const deleted = gone.length > 0 ? await sendToFollower(parts, ids, () => follower.deleteIds(gone, { signal })) : {}
  await changes.synced({
    put: puts.map(({ row, stamped }) => ({ ...row, syncedLsn: put.lsn, syncedStamped: stamped })),
    gone: deletes.map((row) => ({ ...row, syncedLsn: deleted.lsn, syncedStamped: false })),
  })
  return fresh.length
}

/**
 * The records as the follower gets them. Where the move transforms, they are embedded before their ids are claimed: a
 * write meanwhile has a newer number, and its row stays open. One without a text stays behind in the old place.
 * @throws NeedsPerson for one that the old place would lack, or that may not go to an index of another metric.
 */
async function followersCopies(
  parts: SyncParts,
  rows: readonly ChangedRow[],
  records: ReadonlyMap<string, VectorRecord>,
): Promise<ReadonlyMap<string, VectorRecord>> {
  const { metric } = parts
  const copies = await madeCopies(parts, rows, records)
  if (metric === undefined) return copies
  if (!parts.isSwitched) refuseMisfits(metric.countMisfits(copies.values()))
  return new Map([...copies].map(([id, copy]) => [id, metric.copyOf(copy)]))
}

async function madeCopies(
  { transform, follower, embedSignal, acceptedLoss }: SyncParts,
  rows: readonly ChangedRow[],
  records: ReadonlyMap<string, VectorRecord>,
): Promise<ReadonlyMap<string, VectorRecord>> {
  if (transform === undefined) return records
  const some = rows.flatMap(({ id }) => records.get(id) ?? [])
  const { copies, withoutText } = await transform.copiesOf(some, follower, embedSignal)
  if (!transform.isForward && withoutText.length > acceptedLoss) {
    const words = `${withoutText.length} record(s) have no text, as ${withoutText[0]}: the old model can't embed them for the old place.`
    throw new NeedsPerson({ words, records: withoutText.length })
  }
  return new Map(copies.map((copy) => [copy.id, copy]))
}

/** Reads the oldest rows, and the others if most of those were ready. @returns the ready rows. */
async function inTwoLooks(
  rows: readonly ChangedRow[],
  look: (some: readonly ChangedRow[], isFirst: boolean) => Promise<readonly ChangedRow[]>,
): Promise<readonly ChangedRow[]> {
  const [oldest, younger] = [rows.slice(0, firstLook), rows.slice(firstLook)]
  if (oldest.length === 0) return []
  const ready = await look(oldest, true)
  return younger.length === 0 || ready.length < oldest.length / 2 ? ready : [...ready, ...(await look(younger, false))]
}

function idsOf(rows: readonly ChangedRow[], besides?: StoreLag): readonly string[] {
  return [...new Set([...rows.map((row) => row.id), ...(besides?.followedIds ?? [])])]
}

function writtenHere(row: ChangedRow): WrittenRow {
  return { id: row.id, seq: row.seq, ageMs: row.doneForMs, isStamped: mustBeStamped(row) }
}

function carriedThere(row: ChangedRow): WrittenRow {
  return { id: row.id, seq: row.seq, ageMs: row.syncedForMs, isStamped: row.syncedStamped }
}

/** Whether the write leaves a stamp: an update of a missing record does not. */
function mustBeStamped({ isPut, isUpdate, trustStore }: ChangedRow): boolean {
  return isPut && !isUpdate && !trustStore
}

/** Writes to the follower. If the write may land later, its records are suspect until it no longer can. */
export async function sendToFollower(
  parts: Pick<SyncParts, 'changes' | 'storeInDoubtMs'>,
  ids: readonly string[],
  send: () => Promise<WriteReceipt>,
): Promise<WriteReceipt> {
  try {
    const receipt = await send()
    if (receipt.doubtful) await parts.changes.markDirty(ids, parts.storeInDoubtMs)
    return receipt
  } catch (error) {
    if (!isRefusal(error)) await parts.changes.markDirty(ids, parts.storeInDoubtMs)
    throw error
  }
}

/**
 * Compares a batch of copied rows: a row is verified when both places are equal and the follower is proven to show the
 * copy. A difference that outlasts the store's lag makes the row dirty again.
 * @returns how many were verified.
 */
async function verify(parts: SyncParts): Promise<number> {
  const { changes, active, follower, signal, storeVisibleMs } = parts
  const rows = await changes.unverified(roundSize)
  const different: ChangedRow[] = []
  const lag = parts.rates.lagOf(follower.placement.placeId)
  const equal = await inTwoLooks(rows, async (some, isFirst) => {
    const lookedAtMs = parts.rates.nowMs()
    const [here, there] = await Promise.all([
      active.fetch(idsOf(some), { signal }),
      follower.fetch(idsOf(some, isFirst ? lag : undefined), { signal }),
    ])
    if (isFirst) lag.looked(lookedAtMs, rows.map(carriedThere), there.records)
    const isEqual = ({ id }: ChangedRow) => isCopied(parts, here.records.get(id), there.records.get(id))
    const isShown = (row: ChangedRow) => isShownThere(row, there.records.get(row.id), there.indexedLsn, storeVisibleMs)
    different.push(...some.filter((row) => !isEqual(row) && row.syncedForMs >= storeVisibleMs))
    return some.filter((row) => isEqual(row) && isShown(row))
  })
  if (equal.length > 0) await changes.verified(equal)
  await changes.markDirty(different.map((row) => row.id))
  return equal.length
}

/** Whether the follower has what the active place has of a record. */
function isCopied(
  { transform, metric }: SyncParts,
  record: VectorRecord | undefined,
  copy: VectorRecord | undefined,
): boolean {
  if (record === undefined) return copy === undefined
  const isLeft = transform !== undefined && transform.textOf(record) === undefined
  if (isLeft && copy === undefined) return true
  return copy !== undefined && matchOf(transform, metric).isCopy(record, copy)
}
