import { sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'

/** Rows searched at once for those that nobody needs. */
const droppedAtOnce = 5000
/** Longer than any verb takes from its look at the store to its write, which checks the rows for writes in between. */
const keptForMs = 600_000

/**
 * Drops rows of the change log that nobody needs: both places are proven to show their last write, every listing and
 * look shows it by now, and no verb that looked earlier is under way. This happens only once every record was compared:
 * the copy and the pass over all records ask which ids were touched.
 *
 * @param afterId where the previous search stopped; each examines equally many rows.
 * @returns where the next one continues; '' at the beginning.
 */
export async function dropRows(tx: Tx, moveId: string, afterId: string, storeVisibleMs: number): Promise<string> {
  const [looked] = await tx.execute<{ last: string | null }>(sql`
    with page as (
      select record_id, verified_seq = seq and state = 'done' and suspect_until is null
          and done_at < clock_timestamp() - make_interval(secs => ${(storeVisibleMs + keptForMs) / 1000}) as is_over
      from dirty where move_id = ${moveId} and record_id > ${afterId}
      order by record_id limit ${droppedAtOnce}),
    old as (
      select record_id from dirty
      where move_id = ${moveId} and record_id in (select record_id from page where is_over) and verified_seq = seq
      order by record_id for update skip locked),
    gone as (
      delete from dirty using old where move_id = ${moveId} and dirty.record_id = old.record_id)
    select case when count(*) = ${droppedAtOnce} then max(record_id) end as last from page`)
  return looked?.last ?? ''
}
