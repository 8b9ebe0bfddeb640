import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { deserialize, serialize } from 'node:v8'
import {
  type IndexConfig,
  type IndexEntry,
  type NamespaceConfig,
  type NamespaceEntry,
  newNamespace,
  type StoredWrite,
} from './catalog.ts'
import type { Write } from './writes.ts'

const above = '\u{10ffff}'

type NamespaceRow = [number, string, number, number, number, number, string | null]

/** Indexes, namespaces and held writes as rows. */
export class CatalogTables {
  readonly #database: DatabaseSync
  readonly #insertNamespace: StatementSync
  readonly #saveNamespace: StatementSync
  readonly #moveNamespace: StatementSync
  readonly #deleteNamespace: StatementSync
  readonly #names: StatementSync
  readonly #hold: StatementSync
  readonly #release: StatementSync

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#insertNamespace = database.prepare(
      'insert into namespaces (space, index_id, name, lsn, record_count, visible, config) values (?, ?, ?, ?, ?, ?, ?)',
    )
    this.#saveNamespace = database.prepare(
      'update namespaces set lsn = ?, record_count = ?, visible = ? where space = ?',
    )
    this.#moveNamespace = database.prepare('update namespaces set space = ? where space = ?')
    this.#deleteNamespace = database.prepare('delete from namespaces where space = ?')
    this.#names = database.prepare(
      'select name from namespaces where index_id = ? and name >= ? and name < ? and name > ? and visible = 1 order by name limit ?',
    )
    this.#hold = database.prepare('insert into pending (space, lsn, write) values (?, ?, ?)')
    this.#release = database.prepare('delete from pending where seq = ?')
  }

  /** Loads everything except records, and the highest space in use. */
  load(): { indexes: IndexEntry[]; held: Map<number, StoredWrite[]>; lastSpace: number } {
    const indexes = new Map<number, IndexEntry>()
    for (const row of this.#database.prepare('select id, name, host_key, config from indexes').iterate()) {
      const id = row.id as number
      const config = JSON.parse(row.config as string) as IndexConfig
      indexes.set(id, { id, name: row.name as string, hostKey: row.host_key as string, config, namespaces: new Map() })
    }
    this.#loadNamespaces(indexes)
    const held = new Map<number, StoredWrite[]>()
    for (const row of this.#database.prepare('select * from pending order by seq').iterate()) {
      const space = row.space as number
      const write = deserialize(row.write as Uint8Array) as Write
      const list = held.get(space) ?? []
      list.push({ seq: row.seq as number, lsn: row.lsn as number, write })
      held.set(space, list)
    }
    const last = this.#database
      .prepare('select max(space) as last from (select space from namespaces union all select space from garbage)')
      .get()
    return { indexes: [...indexes.values()], held, lastSpace: (last?.last as number | null) ?? 0 }
  }

  /** Reads up to hundreds of thousands of namespaces: table order and array rows are the fastest. */
  #loadNamespaces(indexes: ReadonlyMap<number, IndexEntry>): void {
    const rows = this.#database.prepare(
      'select index_id, name, space, lsn, record_count, visible, config from namespaces',
    )
    rows.setReturnArrays(true)
    for (const row of rows.all() as unknown as NamespaceRow[]) {
      const [indexId, name, space, lsn, recordCount, visible, config] = row
      const entry = newNamespace(name, space, visible === 1, parseConfig(config))
      entry.lsn = lsn
      entry.indexedLsn = lsn
      entry.recordCount = recordCount
      indexes.get(indexId)?.namespaces.set(name, entry)
    }
  }

  insertIndex(name: string, hostKey: string, config: IndexConfig): IndexEntry {
    const { lastInsertRowid } = this.#database
      .prepare('insert into indexes (name, host_key, config) values (?, ?, ?)')
      .run(name, hostKey, JSON.stringify(config))
    return { id: Number(lastInsertRowid), name, hostKey, config, namespaces: new Map() }
  }

  saveIndex(index: IndexEntry): void {
    this.#database.prepare('update indexes set config = ? where id = ?').run(JSON.stringify(index.config), index.id)
  }

  /** Drops the index; its records become garbage. */
  deleteIndex(index: IndexEntry): void {
    const ofIndex = 'select space from namespaces where index_id = ?'
    this.#database.prepare(`insert into garbage (space) ${ofIndex}`).run(index.id)
    this.#database.prepare(`delete from pending where space in (${ofIndex})`).run(index.id)
    this.#database.prepare('delete from namespaces where index_id = ?').run(index.id)
    this.#database.prepare('delete from indexes where id = ?').run(index.id)
  }

  insertNamespace(index: IndexEntry, namespace: NamespaceEntry): void {
    const config = namespace.config === null ? null : JSON.stringify(namespace.config)
    const { space, name, lsn, recordCount, visible } = namespace
    this.#insertNamespace.run(space, index.id, name, lsn, recordCount, visible ? 1 : 0, config)
  }

  saveNamespace(namespace: NamespaceEntry): void {
    this.#saveNamespace.run(namespace.lsn, namespace.recordCount, namespace.visible ? 1 : 0, namespace.space)
  }

  /** Moves the namespace to another space. */
  moveNamespace(from: number, to: number): void {
    this.#moveNamespace.run(to, from)
    this.#database.prepare('update pending set space = ? where space = ?').run(to, from)
  }

  deleteNamespace(space: number): void {
    this.#deleteNamespace.run(space)
    this.#database.prepare('delete from pending where space = ?').run(space)
  }

  /** Names after `after` that start with `prefix`, in byte order. */
  namespaceNames(index: IndexEntry, prefix: string, after: string, limit: number): string[] {
    return this.#names.all(index.id, prefix, prefix + above, after, limit).map((row) => row.name as string)
  }

  hold(space: number, lsn: number, write: Write): number {
    return Number(this.#hold.run(space, lsn, serialize(write)).lastInsertRowid)
  }

  release(seq: number): void {
    this.#release.run(seq)
  }
}

function parseConfig(text: string | null): NamespaceConfig | null {
  return text === null ? null : (JSON.parse(text) as NamespaceConfig)
}
