import { sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'

/** The remaining work before a cutover. */
export interface Tail {
  /** Writes under way, without those in doubt. */
  readonly inflight: number
  readonly inDoubt: number
  /** Writes among them that began long ago, whose writer may be gone. */
  readonly stuck: number
  readonly unsynced: number
  /** Unsynced rows that no stamp proves, which take time. */
  readonly unproven: number
  readonly unverified: number
  /** Rows at the follower whose visibility only time proves. */
  readonly unprovenThere: number
  /** Records that a mover's unanswered write may still reach. */
  readonly suspect: number
  readonly claimed: number
  /** Age of the last unsynced write, and time that the follower has had the last of the others, in ms. */
  readonly youngestUnsyncedMs: number
  readonly youngestUnverifiedMs: number
  /** The same for `unprovenThere` alone. */
  readonly youngestUnprovenThereMs: number
  /** Time until everything known to be in doubt, or suspect, no longer is, in ms. */
  readonly doubtMs: number
  /** Set when more rows are open than were read: unsynced and unverified numbers then cover only the oldest. */
  readonly isCut: boolean
}

/** Open rows that a look reads, at most: with as many left a cutover is far away. */
const lookedAt = 10_000

/**
 * Reads the open rows by their indexes: the cost does not depend on how many rows were ever touched. Rows in flight or
 * suspect are few and are all read, however many older rows are open. Read inside the transaction of a cutover, or of
 * the end of the log, the result is final: the fence admits no new row.
 *
 * Entries of closed rows stay in the index of open ones until a scan or a vacuum removes them. An ordinary index scan
 * does, so that the next look passes over them; a bitmap scan reads all of them every time.
 */
export async function readTail(tx: Tx, moveId: string): Promise<Tail> {
  await tx.execute(sql`set local enable_bitmapscan = off`)
  const [tail] = await tx.execute<{ [K in keyof Omit<Tail, 'isCut'>]: number } & { isCut: boolean }>(sql`
    with looked as (select clock_timestamp() as at),
    open as (
      select * from dirty where move_id = ${moveId} and verified_seq is distinct from seq order by seq limit ${lookedAt}),
    unsettled as (
      select * from dirty where move_id = ${moveId} and (state = 'inflight' or suspect_until is not null)),
    under_way as (
      select
        count(*) filter (where state = 'inflight' and not in_doubt)::int as inflight,
        count(*) filter (where state = 'inflight' and in_doubt)::int as "inDoubt",
        count(*) filter (where state = 'inflight' and intent_at < at - interval '2 seconds')::int as stuck,
        count(*) filter (where suspect_until is not null)::int as suspect,
        coalesce(extract(epoch from max(greatest(case when in_doubt then deadline end, suspect_until) - at)) * 1000, 0)::float8
          as "doubtMs"
      from looked left join unsettled on true),
    left_open as (
      select
        count(*) filter (where state = 'done' and synced_seq is distinct from seq)::int as unsynced,
        count(*) filter (where state = 'done' and synced_seq is distinct from seq and trust_store and lsn is null)::int
          as unproven,
        count(*) filter (where state = 'done')::int as unverified,
        count(*) filter (where ${unprovenThere})::int as "unprovenThere",
        coalesce(${ageMs('done_at')} filter (where state = 'done' and synced_seq is distinct from seq), 0)::float8
          as "youngestUnsyncedMs",
        coalesce(${ageMs('synced_at')} filter (where state = 'done' and synced_seq = seq), 0)::float8
          as "youngestUnverifiedMs",
        coalesce(${ageMs('synced_at')} filter (where ${unprovenThere}), 0)::float8 as "youngestUnprovenThereMs",
        count(record_id) >= ${lookedAt} as "isCut"
      from looked left join open on true)
    select under_way.*, left_open.*,
      (select jsonb_array_length(claimed_ids) from moves where id = ${moveId})::int as claimed
    from under_way, left_open`)
  if (tail === undefined) throw new Error('an aggregate always has a row')
  return tail
}

const unprovenThere = sql.raw(`state = 'done' and synced_seq = seq and not synced_stamped and synced_lsn is null`)

/** The age of the latest of some times. */
function ageMs(column: 'done_at' | 'synced_at') {
  return sql`min(extract(epoch from at - ${sql.raw(column)}) * 1000)`
}
