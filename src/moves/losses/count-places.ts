import { type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { isAppError } from '../../errors.ts'
import type { TenantStore } from '../../stores/store.ts'
import { listAfter } from '../copy/read-ahead.ts'
import { mendedIdsAtMost, type PlaceCounts } from './loss-rules.ts'

/** Ids that only one place lists, and that the change log does not explain. */
export interface PlaceDifference extends PlaceCounts {
  /** Ids that the follower lacks: all that a move may put again, `mendedIdsAtMost`. */
  readonly missingIds: readonly string[]
}

/** Ids per question. */
const askedAtOnce = 1000

/**
 * Compares two places by merging their listings. An id that only one of them lists counts only if no write of it is
 * open or younger than the store's lag (`isExplained`), and if a second look at the record itself confirms it.
 */
export async function countPlaces(
  active: TenantStore,
  follower: TenantStore,
  options: {
    readonly signal: AbortSignal
    /** Returns those of the ids that the change log explains. */
    readonly explained: (ids: readonly string[]) => Promise<ReadonlySet<string>>
  },
): Promise<PlaceDifference> {
  const { signal, explained } = options
  const counts = { activeRecords: 0, followerRecords: 0, missing: 0, extra: 0 }
  const missingIds: string[] = []
  const open = { missing: [] as string[], extra: [] as string[] }
  const look = async (which: 'missing' | 'extra') => {
    const ids = open[which].splice(0)
    const unexplained = [...new Set(ids).difference(await explained(ids))]
    if (unexplained.length === 0) return
    const [here, there] = await Promise.all(
      [active, follower].map((store) => orGone(store.fetch(unexplained, { signal }).then(({ records }) => records))),
    )
    const [has, lacks] = which === 'missing' ? [here, there] : [there, here]
    const found = unexplained.filter((id) => has?.has(id) === true && lacks?.has(id) !== true)
    counts[which] += found.length
    if (which === 'missing') missingIds.push(...found.slice(0, mendedIdsAtMost - missingIds.length))
  }
  const note = async (which: 'missing' | 'extra', id: string) => {
    open[which].push(id)
    if (open[which].length >= askedAtOnce) await look(which)
  }
  const [ours, theirs] = [new Ids(active, signal), new Ids(follower, signal)]
  let [one, other] = [await ours.next(), await theirs.next()]
  while (one !== undefined || other !== undefined) {
    const isOurs = one !== undefined && (other === undefined || one <= other)
    const isTheirs = other !== undefined && (one === undefined || other <= one)
    counts.activeRecords += isOurs ? 1 : 0
    counts.followerRecords += isTheirs ? 1 : 0
    if (isOurs && !isTheirs && one !== undefined) await note('missing', one)
    if (isTheirs && !isOurs && other !== undefined) await note('extra', other)
    if (isOurs) one = await ours.next()
    if (isTheirs) other = await theirs.next()
  }
  await look('missing')
  await look('extra')
  return { ...counts, missingIds }
}

/** The number of records that a place lists; undefined when it is gone. */
export async function countListed(store: TenantStore, signal: AbortSignal): Promise<number | undefined> {
  if ((await orGone(store.describeNamespace({ signal }))) === undefined) return undefined
  let count = 0
  for await (const { ids } of listAfter(store, {}, signal)) count += ids.length
  return count
}

/** The store's own record count; undefined when the place is gone. */
export async function countedBy(store: TenantStore, signal: AbortSignal): Promise<number | undefined> {
  return (await orGone(store.describeNamespace({ signal })))?.recordCount
}

/** Whether nothing of a place is left: neither its namespace nor, for a silo, its index. */
export async function isGone(store: TenantStore, signal: AbortSignal): Promise<boolean> {
  return (await orGone(store.describeNamespace({ signal }))) === undefined
}

/** Whether the index of a place is gone; one without the place's namespace is not. */
export async function isIndexGone(store: TenantStore, signal: AbortSignal): Promise<boolean> {
  const shown = await orGone(store.describeNamespace({ signal }).then(() => true as const))
  return shown === undefined
}

/** Those of the ids that were written lately or have an open write: a listing proves nothing about them. */
export async function explainedByLog(
  tx: Tx,
  moveId: string,
  ids: readonly string[],
  storeVisibleMs: number,
): Promise<ReadonlySet<string>> {
  return idsInLog(
    tx,
    moveId,
    ids,
    sql`verified_seq is distinct from seq or done_at > clock_timestamp() - make_interval(secs => ${storeVisibleMs / 1000})`,
  )
}

/**
 * Those of the ids that the active place may lack although the follower has them: they were deleted since both had
 * them, or a write of them is open. No other write removes a record.
 */
export async function deletedByLog(
  tx: Tx,
  moveId: string,
  ids: readonly string[],
  storeVisibleMs: number,
): Promise<ReadonlySet<string>> {
  return idsInLog(
    tx,
    moveId,
    ids,
    sql`was_deleted or state <> 'done'
      or done_at > clock_timestamp() - make_interval(secs => ${storeVisibleMs / 1000})`,
  )
}

async function idsInLog(tx: Tx, moveId: string, ids: readonly string[], where: SQL): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set()
  const rows = await tx.execute<{ id: string }>(sql`
    select record_id as id from dirty
    where move_id = ${moveId} and record_id = any(${sql.param([...ids])}::text[]) and (${where})`)
  return new Set(rows.map((row) => row.id))
}

/** Treats the store's `not_found` of a missing index as gone. */
async function orGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (isAppError(error, 'not_found')) return undefined
    throw error
  }
}

/** The ids of a place, one by one; none where it is gone. */
class Ids {
  readonly #pages: AsyncGenerator<{ readonly ids: readonly string[] }, undefined>
  #page: readonly string[] = []
  #at = 0

  constructor(store: TenantStore, signal: AbortSignal) {
    this.#pages = listAfter(store, {}, signal)
  }

  async next(): Promise<string | undefined> {
    while (this.#at >= this.#page.length) {
      const listed = await orGone(this.#pages.next())
      if (listed === undefined || listed.done) return undefined
      this.#page = listed.value.ids
      this.#at = 0
    }
    return this.#page[this.#at++]
  }
}
