import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { StoredRecord } from '../shapes/record.ts'
import { denseBytes, fromRow, type RecordRow, sparseBytes } from './record-rows.ts'

const columns = 'id, metadata, dense, sparse'
/** Upper bound of every id that starts with the prefix: ids are ASCII, so this character is above all of theirs. */
const above = '\u{10ffff}'

/** The records of all namespaces; each namespace's records lie under one number, its space. */
export class RecordsTable {
  readonly #insert: StatementSync
  readonly #update: StatementSync
  readonly #get: StatementSync
  readonly #delete: StatementSync
  readonly #all: StatementSync
  readonly #ids: StatementSync
  readonly #metadata: StatementSync
  readonly #discard: StatementSync
  readonly #purge: StatementSync
  readonly #garbage: StatementSync
  readonly #forget: StatementSync

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare(
      `insert into records (space, id, metadata, dense, sparse) values (?, ?, ?, ?, ?) on conflict do nothing`,
    )
    this.#update = database.prepare('update records set metadata = ?, dense = ?, sparse = ? where space = ? and id = ?')
    this.#get = database.prepare(`select ${columns} from records where space = ? and id = ?`)
    this.#delete = database.prepare('delete from records where space = ? and id = ?')
    this.#all = database.prepare(`select ${columns} from records where space = ?`)
    this.#ids = database.prepare(
      'select id from records where space = ? and id > ? and id >= ? and id < ? order by id limit ?',
    )
    this.#metadata = database.prepare('select id, metadata from records where space = ? and id > ? order by id')
    this.#discard = database.prepare('insert into garbage (space) values (?) on conflict do nothing')
    this.#garbage = database.prepare('select space from garbage limit 1')
    this.#purge = database.prepare('delete from records where key in (select key from records where space = ? limit ?)')
    this.#forget = database.prepare('delete from garbage where space = ?')
  }

  get(space: number, id: string): StoredRecord | null {
    const row = this.#get.get(space, id) as unknown as RecordRow | undefined
    return row === undefined ? null : fromRow(row)
  }

  /** Writes the complete record. @returns whether the id is new. */
  put(space: number, record: StoredRecord): boolean {
    const dense = denseBytes(record.values)
    const sparse = sparseBytes(record.sparse)
    if (this.#insert.run(space, record.id, record.metadata, dense, sparse).changes === 1) return true
    this.#update.run(record.metadata, dense, sparse, space, record.id)
    return false
  }

  /** @returns whether there was such a record. */
  delete(space: number, id: string): boolean {
    return this.#delete.run(space, id).changes === 1
  }

  *all(space: number): Generator<StoredRecord> {
    for (const row of this.#all.iterate(space)) yield fromRow(row as unknown as RecordRow)
  }

  /** Ids after `after` that start with `prefix`, in byte order. */
  ids(space: number, prefix: string, after: string, limit: number): string[] {
    return this.#ids.all(space, after, prefix, prefix + above, limit).map((row) => row.id as string)
  }

  /** Ids with metadata after `after`, in byte order. */
  *metadata(space: number, after = ''): Generator<{ id: string; metadata: string | null }> {
    for (const row of this.#metadata.iterate(space, after)) {
      yield row as unknown as { id: string; metadata: string | null }
    }
  }

  /** Gives the space up: nothing reads it any more, and `purge` frees it gradually. */
  discard(space: number): void {
    this.#discard.run(space)
  }

  /** Deletes up to `limit` records of one discarded space. @returns whether more may be left. */
  purge(limit: number): boolean {
    const row = this.#garbage.get()
    if (row === undefined) return false
    const space = row.space as number
    if (Number(this.#purge.run(space, limit).changes) < limit) this.#forget.run(space)
    return true
  }
}
