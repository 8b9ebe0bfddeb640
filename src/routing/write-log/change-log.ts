import { sql } from 'drizzle-orm'
import type { Db } from '../../db/connect.ts'
import { registryFault } from '../../db/registry-fault.ts'
import type { TenantId } from '../../placement/tenant-id.ts'

/** `put`: the whole record. `update`: part of it, and a missing record is not created. `delete`: by id. */
export type WriteKind = 'put' | 'update' | 'delete'

/** A write about to be sent: its records, and the view of the routing it runs under. */
export interface WriteIntent {
  readonly tenantId: TenantId
  readonly moveId: string
  readonly epoch: number
  /** The writer's lease, in `sessions`: a write that the writer does not close ends earlier when the lease does. */
  readonly session?: string | undefined
  readonly ids: readonly string[]
  readonly kind: WriteKind
  /** A time of Postgres's clock: records written after it must not be taken. */
  readonly notSince?: string | undefined
  /** Longest duration of the store call plus the time it may still land, in ms. */
  readonly mayLandMs: number
}

export type Intended =
  | { readonly kind: 'intended'; readonly seqs: ReadonlyMap<string, number> }
  /** The routing differs from the writer's view: look again. */
  | { readonly kind: 'stale' }
  /** Another write of one of the records is under way or in doubt, for up to `busyMs`. */
  | { readonly kind: 'busy'; readonly busyMs: number }
  /** Some of the records were written after `notSince`; none was taken. */
  | { readonly kind: 'newer'; readonly ids: readonly string[] }

export type EntryOutcome =
  /** Without a stamp, only the sequence number or time proves that a read shows it. */
  | { readonly kind: 'done'; readonly lsn?: number | undefined; readonly isStamped: boolean }
  /** Nothing changed; the content shown up to the sequence number, if there is one, is the last write. */
  | { readonly kind: 'refused'; readonly lsn?: number | undefined }
  /** The write may still land for `mayLandMs`, whether or not a later attempt succeeded. */
  | { readonly kind: 'in_doubt'; readonly mayLandMs: number }

class NotIntended extends Error {}

/**
 * W1 of docs/moves.md section 3: in one transaction, it checks that the epoch is the writer's, and gives each record a
 * new number, held by this write alone. Nothing may be sent to the store before it has committed.
 */
export async function intend(db: Db, intent: WriteIntent): Promise<Intended> {
  const { tenantId, moveId, epoch, session, kind, notSince, mayLandMs } = intent
  // In one order, so that two writers of the same records can't wait for each other.
  const ids = [...new Set(intent.ids)].sort()
  try {
    return await db.transaction(async (tx) => {
      const [route] = await tx.execute<{ epoch: string }>(
        sql`select epoch from routing where tenant_id = ${tenantId} for share`,
      )
      if (Number(route?.epoch) !== epoch) return { kind: 'stale' }
      const rows = await tx.execute<{ id: string; seq: string }>(sql`
        insert into dirty (move_id, record_id, seq, state, is_put, is_update, was_deleted, session, intent_at, deadline)
        select ${moveId}, id, nextval('write_seq'), 'inflight', ${kind !== 'delete'}, ${kind === 'update'}, ${kind === 'delete'},
          ${session ?? null}::uuid, clock_timestamp(), ${fromNow(mayLandMs)}
        from unnest(${sql.param(ids)}::text[]) as id order by id
        on conflict (move_id, record_id) do update set
          seq = excluded.seq, state = 'inflight', is_put = excluded.is_put, is_update = excluded.is_update,
          was_deleted = dirty.was_deleted or excluded.was_deleted,
          trust_store = false, lsn = null, session = excluded.session, intent_at = excluded.intent_at,
          done_at = null, deadline = excluded.deadline, in_doubt = false
        where dirty.state = 'done' and ${notSince === undefined ? sql`true` : sql`dirty.done_at <= ${notSince}::timestamptz`}
        returning record_id as id, seq`)
      if (rows.length < ids.length) throw new NotIntended()
      return { kind: 'intended', seqs: new Map(rows.map((row) => [row.id, Number(row.seq)])) }
    })
  } catch (error) {
    if (!(error instanceof NotIntended)) throw error
    return whyNot(db, moveId, ids, notSince)
  }
}

async function whyNot(db: Db, moveId: string, ids: readonly string[], notSince?: string): Promise<Intended> {
  const rows = await db.execute<{ id: string; ms: number; inflight: boolean; newer: boolean }>(sql`
    select record_id as id, state = 'inflight' as inflight,
      ceil(extract(epoch from deadline - now()) * 1000)::float8 as ms,
      coalesce(done_at > ${notSince ?? null}::timestamptz, false) as newer
    from dirty where move_id = ${moveId} and record_id = any(${sql.param([...ids])}::text[])`)
  const newer = rows.filter((row) => row.newer)
  if (newer.length > 0) return { kind: 'newer', ids: newer.map((row) => row.id) }
  return { kind: 'busy', busyMs: Math.max(0, ...rows.filter((row) => row.inflight).map((row) => row.ms)) }
}

/**
 * The move closes a row that its writer leaves open, but only after its deadline: until then no other write may have
 * it.
 */
const settleTries = 3

/**
 * W3: records an intent's outcome. It changes only rows still held by this write, so repeating it is harmless. It locks
 * rows in id order, as intents and the mover do: a writer that waits for one of them holds others.
 */
export async function closeEntries(
  db: Db,
  moveId: string,
  seqs: ReadonlyMap<string, number>,
  settlement: EntryOutcome,
): Promise<void> {
  const change =
    settlement.kind === 'in_doubt'
      ? sql`deadline = ${fromNow(settlement.mayLandMs)}, in_doubt = true`
      : settlement.kind === 'done'
        ? sql`state = 'done', done_at = clock_timestamp(), lsn = ${settlement.lsn ?? null}, trust_store = ${!settlement.isStamped}`
        : sql`state = 'done', done_at = clock_timestamp(), lsn = ${settlement.lsn ?? null}, trust_store = true`
  if (seqs.size === 0) return
  const statement = sql`
    with held as (
      select record_id as id, n
      from dirty join unnest(${sql.param([...seqs.keys()])}::text[], ${sql.param([...seqs.values()])}::bigint[]) as mine(id, n)
        on record_id = mine.id and seq = mine.n
      where move_id = ${moveId} and state = 'inflight'
      order by record_id for update of dirty)
    update dirty set ${change} from held
    where move_id = ${moveId} and record_id = held.id and seq = held.n and state = 'inflight'`
  for (let tries = 1; ; tries += 1) {
    try {
      await db.execute(statement)
      return
    } catch (error) {
      if (tries >= settleTries || registryFault(error) === undefined) throw error
    }
  }
}

function fromNow(ms: number) {
  return sql`clock_timestamp() + make_interval(secs => ${ms / 1000})`
}
