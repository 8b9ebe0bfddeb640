import { sql } from 'drizzle-orm'
import type { Db, Tx } from '../../db/connect.ts'
import { asMover, type MoveRow } from '../state/move-history.ts'
import { moves } from '../state/moves.sql.ts'
import { dropRows } from './drop-rows.ts'
import { readTail, type Tail } from './tail.ts'

/** A record written during the move, with what the mover needs to copy it. */
export interface ChangedRow {
  readonly id: string
  readonly seq: number
  readonly isPut: boolean
  /** Whether the write was a partial update: a missing record stays missing. */
  readonly isUpdate: boolean
  /** Whether it was deleted since both places had it. */
  readonly wasDeleted: boolean
  readonly trustStore: boolean
  readonly lsn: number | undefined
  /** Time since its last write was done, in ms. */
  readonly doneForMs: number
  /** Time that the follower has had it, in ms. */
  readonly syncedForMs: number
  /** The follower's sequence number of that write. */
  readonly syncedLsn: number | undefined
  /** Whether the follower's copy carries `seq`. */
  readonly syncedStamped: boolean
}

/** Open rows per statement. */
const atOnce = 1000
/**
 * The mover's side of the change log; every write of it holds the move's row under the current token. Rows are locked
 * in id order, as writers do: otherwise the two could deadlock.
 */
export class ChangeLog {
  readonly #db: Db
  readonly #move: MoveRow

  constructor(db: Db, move: MoveRow) {
    this.#db = db
    this.#move = move
  }

  /**
   * Closes what only time closes: a write in doubt, or of a dead writer, is closed by trusting the active place's
   * content; a record that a mover's late write could reach becomes dirty again.
   *
   * Requests of a replica whose lease has ended can land for `storeInDoubtMs` after the lease, as for a barrier
   * (docs/moves.md section 3). A session that is gone ended in order, and leaves nothing open.
   */
  async closeDoubts(storeInDoubtMs: number): Promise<void> {
    const isOrphan = sql`state = 'inflight' and not in_doubt and exists (select 1 from sessions
      where id = dirty.session and expires_at + make_interval(secs => ${storeInDoubtMs / 1000}) < now())`
    await this.#guarded(async (tx) => {
      // By the index of what is unsettled, in the order in which writers take rows: few, however many were touched.
      const over = await tx.execute<{ id: string }>(sql`
        select record_id as id from dirty
        where move_id = ${this.#move.id} and (state = 'inflight' or suspect_until is not null) and (
          (state = 'inflight' and deadline < clock_timestamp())
          or (suspect_until is not null and suspect_until < clock_timestamp()) or (${isOrphan}))
        order by record_id limit ${atOnce} for update`)
      if (over.length === 0) return
      const these = sql`move_id = ${this.#move.id} and record_id = any(${sql.param(over.map((row) => row.id))}::text[])`
      await tx.execute(sql`update dirty set deadline = now() where ${these} and deadline > now() and ${isOrphan}`)
      await tx.execute(sql`
        update dirty set state = 'done', trust_store = true, lsn = null, done_at = clock_timestamp(), in_doubt = false
        where ${these} and state = 'inflight' and deadline < clock_timestamp()`)
      await tx.execute(sql`
        update dirty set suspect_until = null, synced_seq = null, verified_seq = null
        where ${these} and suspect_until is not null and suspect_until < clock_timestamp()`)
    })
  }

  /** Done rows that the follower lacks, oldest write first; rows that only time proves are included once it has. */
  unsynced(limit: number, storeVisibleMs: number): Promise<readonly ChangedRow[]> {
    const isProvable = sql`not trust_store or lsn is not null or done_at <= clock_timestamp() - make_interval(secs => ${storeVisibleMs / 1000})`
    return this.#rows(sql`synced_seq is distinct from seq and (${isProvable})`, limit)
  }

  /** Rows that the follower should have, but that were not compared yet. */
  unverified(limit: number): Promise<readonly ChangedRow[]> {
    return this.#rows(sql`synced_seq = seq and verified_seq is distinct from seq`, limit)
  }

  /** Drops rows that nobody needs, some at once: `dropRows`. */
  drop(afterId: string, storeVisibleMs: number): Promise<string> {
    return this.#guarded((tx, row) => dropRows(tx, row.id, afterId, storeVisibleMs))
  }

  /** Claims ids for a write to the follower: if this mover dies, they are suspect. */
  async claim(ids: readonly string[]): Promise<void> {
    await this.#guarded((tx, row) => setClaims(tx, row, ids))
  }

  /**
   * Claims the ids of a copy batch that nobody has written since the move began: records with a row here belong to the
   * sync.
   */
  async claimUntouched(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#guarded(async (tx, row) => {
      const touched = await tx.execute<{ id: string }>(sql`
        select record_id as id from dirty where move_id = ${row.id} and record_id = any(${sql.param([...ids])}::text[])`)
      const taken = new Set(ids).difference(new Set(touched.map((one) => one.id)))
      await setClaims(tx, row, [...taken])
      return taken
    })
  }

  /**
   * Marks writes as copied to the follower, unless a later write came: then the row stays dirty.
   * @param put the records that both places have now; `gone`: the others, which stay deleted until both do.
   */
  async synced({
    put,
    gone,
  }: {
    readonly put: readonly ChangedRow[]
    readonly gone: readonly ChangedRow[]
  }): Promise<void> {
    await this.#guarded(async (tx, row) => {
      const change = sql`synced_seq = n, synced_at = clock_timestamp(), synced_lsn = there, synced_stamped = stamped = 1`
      if (put.length > 0) await this.#mark(tx, put, sql`${change}, was_deleted = false`)
      if (gone.length > 0) await this.#mark(tx, gone, change)
      await setClaims(tx, row, [])
    })
  }

  async verified(rows: readonly ChangedRow[]): Promise<void> {
    await this.#guarded((tx) => this.#mark(tx, rows, sql`verified_seq = n`))
  }

  /**
   * Marks records dirty that were found to differ, or that a late write may have reached; they are copied again. A
   * write left by an earlier mover may land for as long after the end of that mover's lease, instead of after now.
   */
  async markDirty(ids: readonly string[], suspectForMs?: number): Promise<void> {
    if (ids.length === 0) return
    const until = (row: MoveRow) =>
      suspectForMs === undefined
        ? sql`null`
        : sql`greatest(clock_timestamp(), ${row.sendsUntil?.toISOString() ?? null}::timestamptz) + make_interval(secs => ${suspectForMs / 1000})`
    await this.#guarded(async (tx, row) => {
      // Of a record nobody wrote, what the active place shows is old enough to be trusted: number 0 says so. So it is
      // where both places were proven to show the last write, whichever of them was active then.
      await tx.execute(sql`
        insert into dirty (move_id, record_id, seq, state, is_put, trust_store, lsn, intent_at, done_at, deadline, suspect_until)
        select ${row.id}, id, nextval('write_seq'), 'done', true, true, 0, clock_timestamp(), clock_timestamp(), clock_timestamp(), ${until(row)}
        from unnest(${sql.param([...new Set(ids)].sort())}::text[]) as id order by id
        on conflict (move_id, record_id) do update set
          trust_store = dirty.trust_store or (dirty.state = 'done' and dirty.verified_seq is not distinct from dirty.seq),
          lsn = case when dirty.state = 'done' and dirty.verified_seq is not distinct from dirty.seq then 0 else dirty.lsn end,
          synced_seq = null, verified_seq = null, suspect_until = greatest(dirty.suspect_until, excluded.suspect_until)`)
      await setClaims(tx, row, [])
    })
  }

  /** The rows whose write is still the last one of its record. */
  async stillLast(rows: readonly ChangedRow[]): Promise<readonly ChangedRow[]> {
    if (rows.length === 0) return []
    const found = await this.#db.execute<{ id: string }>(sql`
      select record_id as id from dirty
      join unnest(${sql.param(rows.map((row) => row.id))}::text[], ${sql.param(rows.map((row) => row.seq))}::bigint[]) as mine(id, n)
        on record_id = mine.id and seq = mine.n
      where move_id = ${this.#move.id}`)
    const last = new Set(found.map((row) => row.id))
    return rows.filter((row) => last.has(row.id))
  }

  /** Acknowledged writes that the follower lacks. */
  async countLost(): Promise<number> {
    const [lost] = await this.#db.execute<{ count: number }>(sql`
      select count(*)::int as count from dirty
      where move_id = ${this.#move.id} and verified_seq is distinct from seq
        and state = 'done' and synced_seq is distinct from seq and not trust_store`)
    return lost?.count ?? 0
  }

  async tail(): Promise<Tail> {
    return this.#db.transaction((tx) => readTail(tx, this.#move.id))
  }

  #guarded<T>(work: (tx: Tx, row: MoveRow) => Promise<T>): Promise<T> {
    return asMover(this.#db, this.#move, work)
  }

  async #rows(where: ReturnType<typeof sql>, limit: number): Promise<readonly ChangedRow[]> {
    const rows = await this.#db.execute<{
      id: string
      seq: string
      put: boolean
      update: boolean
      deleted: boolean
      trust: boolean
      lsn: string | null
      done: number
      synced: number
      there: string | null
      stamped: boolean
    }>(sql`
      select record_id as id, seq, is_put as put, is_update as update, was_deleted as deleted, trust_store as trust,
        lsn,
        (extract(epoch from clock_timestamp() - done_at) * 1000)::float8 as done,
        coalesce(extract(epoch from clock_timestamp() - synced_at) * 1000, 0)::float8 as synced,
        synced_lsn as there, synced_stamped as stamped
      from dirty
      where move_id = ${this.#move.id} and verified_seq is distinct from seq
        and state = 'done' and suspect_until is null and ${where}
      order by seq limit ${limit}`)
    return rows.map((row) => ({
      id: row.id,
      seq: Number(row.seq),
      isPut: row.put,
      isUpdate: row.update,
      wasDeleted: row.deleted,
      trustStore: row.trust,
      lsn: row.lsn === null ? undefined : Number(row.lsn),
      doneForMs: row.done,
      syncedForMs: row.synced,
      syncedLsn: row.there === null ? undefined : Number(row.there),
      syncedStamped: row.stamped,
    }))
  }

  async #mark(tx: Tx, rows: readonly ChangedRow[], change: ReturnType<typeof sql>): Promise<void> {
    const mine = sql`unnest(${sql.param(rows.map((row) => row.id))}::text[], ${sql.param(rows.map((row) => row.seq))}::bigint[],
      ${sql.param(rows.map((row) => row.syncedLsn ?? null))}::bigint[], ${sql.param(rows.map((row) => Number(row.syncedStamped)))}::int[])`
    await tx.execute(sql`
      with held as (
        select record_id as id, n, there, stamped
        from dirty join ${mine} as mine(id, n, there, stamped)
          on record_id = mine.id and seq = mine.n
        where move_id = ${this.#move.id} and state = 'done' and suspect_until is null
        order by record_id for update of dirty)
      update dirty set ${change} from held
      where move_id = ${this.#move.id} and record_id = held.id and seq = n and state = 'done' and suspect_until is null`)
  }
}

async function setClaims(tx: Tx, row: MoveRow, ids: readonly string[]): Promise<void> {
  await tx
    .update(moves)
    .set({ claimedIds: [...ids] })
    .where(sql`${moves.id} = ${row.id}`)
}
