import { sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'

/** What is left to do before a switch. */
export interface Tail {
  /** Writes under way, those in doubt apart. */
  readonly inflight: number
  readonly inDoubt: number
  /** Of those under way: begun long ago, by a writer that may be gone. */
  readonly stuck: number
  readonly unsynced: number
  /** Of the unsynced: those that no stamp proves, which take time. */
  readonly unproven: number
  readonly unverified: number
  /** Records that a mover's unanswered write may still reach. */
  readonly suspect: number
  readonly claimed: number
  /** How long the last write of the unsynced has been done, and how long the follower has had the last of the others, in ms. */
  readonly youngestUnsyncedMs: number
  readonly youngestUnverifiedMs: number
  /** Until all that is known to be in doubt, or suspect, no longer is, in ms. */
  readonly doubtMs: number
}

/** Read inside the transaction of a switch, it is the last word: the fence lets no new row in. */
export async function readTail(tx: Tx, moveId: string): Promise<Tail> {
  const [tail] = await tx.execute<{ [K in keyof Tail]: number }>(sql`
    with looked as (select clock_timestamp() as at)
    select
      count(*) filter (where state = 'inflight' and not in_doubt)::int as inflight,
      count(*) filter (where state = 'inflight' and in_doubt)::int as "inDoubt",
      count(*) filter (where state = 'inflight' and intent_at < at - interval '2 seconds')::int as stuck,
      count(*) filter (where state = 'done' and synced_seq is distinct from seq)::int as unsynced,
      count(*) filter (where state = 'done' and synced_seq is distinct from seq and trust_store and lsn is null)::int as unproven,
      count(*) filter (where state = 'done' and verified_seq is distinct from seq)::int as unverified,
      count(*) filter (where suspect_until is not null)::int as suspect,
      coalesce(${ageMs('done_at')} filter (where state = 'done' and synced_seq is distinct from seq), 0)::float8
        as "youngestUnsyncedMs",
      coalesce(${ageMs('synced_at')} filter (where state = 'done' and synced_seq = seq and verified_seq is distinct from seq), 0)::float8
        as "youngestUnverifiedMs",
      coalesce(extract(epoch from max(greatest(case when in_doubt then deadline end, suspect_until) - at)) * 1000, 0)::float8
        as "doubtMs",
      (select jsonb_array_length(claimed_ids) from moves where id = ${moveId})::int as claimed
    from looked left join dirty on move_id = ${moveId}`)
  if (tail === undefined) throw new Error('an aggregate always has a row')
  return tail
}

/** How long ago the latest of some times was. */
function ageMs(column: 'done_at' | 'synced_at') {
  return sql`min(extract(epoch from at - ${sql.raw(column)}) * 1000)`
}
