import type { TestDatabase } from './database.ts'

/** The rows that explain a hanging move, a table each. */
export async function moveRows({ sql }: TestDatabase, moveId: string): Promise<string> {
  const rows = {
    now: await sql`select clock_timestamp()`,
    move: await sql`
      select state, request, gate, error, attempts, barrier_tick, mover_token, mover_lease_until, held_at, fence_tries,
        not_before, stopped, jsonb_array_length(claimed_ids) as claimed from moves where id = ${moveId}`,
    routing: await sql`select epoch, change_no, phase, fence_deadline from routing where move_id = ${moveId}`,
    sessions: await sql`select * from sessions order by expires_at desc limit 8`,
    dirty: await sql`
      select state, in_doubt, trust_store, lsn is null as no_lsn, session, count(*), min(intent_at) as first,
        max(intent_at) as last, max(deadline) as deadline, max(suspect_until) as suspect_until,
        count(*) filter (where synced_seq is distinct from seq) as unsynced,
        count(*) filter (where verified_seq is distinct from seq) as unverified
      from dirty where move_id = ${moveId} group by 1, 2, 3, 4, 5 order by count(*) desc limit 30`,
    events: await sql`select at, state from move_events where move_id = ${moveId} order by id`,
    waits: await sql`
      select pid, state, wait_event_type, wait_event, xact_start, left(query, 120) as query from pg_stat_activity
      where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()`,
  }
  const json = (row: object) => JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? String(value) : value))
  return Object.entries(rows)
    .map(([name, some]) => `${name}:\n${some.map(json).join('\n')}`)
    .join('\n')
}
