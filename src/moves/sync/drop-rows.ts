import { sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'

/** Rows looked at in one search for those that nobody needs. */
const droppedAtOnce = 5000
/** Longer than any verb takes from its look at the store to its write, which asks the rows what came in between. */
const keptForMs = 600_000

/**
 * Drops rows of the change log that nobody needs: both places are proven to show their last write, which every listing
 * and every look at the active place does as well by now, and no verb that looked before it is under way. Only once every
 * record was compared: the copy and the pass over all records ask which ids were touched.
 *
 * @param afterId where the search before has stopped; each looks at as many rows, whatever they are.
 * @returns where the next one goes on; '' at the beginning.
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
