import { compileFilter } from '../filter/compile-filter.ts'
import { mergeMetadata, parseMetadata } from '../shapes/metadata.ts'
import type { StoredRecord } from '../shapes/record.ts'
import { dimensionOf, type IndexEntry, type NamespaceEntry } from './catalog.ts'
import type { HotNamespace } from './hot-namespace.ts'
import type { HotNamespaces } from './hot-namespaces.ts'
import type { RecordsTable } from './records-table.ts'
import type { LocalRecordChange, Write } from './writes.ts'

export interface Storage {
  readonly records: RecordsTable
  readonly hot: HotNamespaces
  /** Gives the namespace a new, empty space. */
  moveToEmptySpace(namespace: NamespaceEntry): void
}

/** Makes a write visible: in the table and, where the namespace is hot, in memory. Inside a transaction. */
export function applyWrite(storage: Storage, index: IndexEntry, namespace: NamespaceEntry, write: Write): void {
  if (write.kind === 'deleteAll') {
    storage.moveToEmptySpace(namespace)
    return
  }
  const { records, hot: all } = storage
  const { space } = namespace
  const hot =
    write.kind === 'upsert' && namespace.recordCount === 0 ? all.startEmpty(space, dimensionOf(index)) : all.peek(space)
  switch (write.kind) {
    case 'upsert':
      for (const record of write.records) put(records, hot, namespace, record)
      break
    case 'update': {
      const current = records.get(space, write.id)
      if (current !== null) put(records, hot, namespace, changed(current, write.change))
      break
    }
    case 'updateWhere': {
      const change: LocalRecordChange = { values: null, sparse: null, metadata: write.metadata }
      for (const id of matchingIds(records, space, write.filter)) {
        const current = records.get(space, id)
        if (current !== null) put(records, hot, namespace, changed(current, change))
      }
      break
    }
    case 'delete':
      for (const id of write.ids) remove(records, hot, namespace, id)
      break
    case 'deleteWhere':
      for (const id of matchingIds(records, space, write.filter)) remove(records, hot, namespace, id)
      break
  }
  all.measure(space)
}

/** Ids in byte order. */
export function matchingIds(records: RecordsTable, space: number, filter: unknown): string[] {
  const matches = compileFilter(filter)
  const ids: string[] = []
  for (const { id, metadata } of records.metadata(space)) {
    if (matches(parseMetadata(metadata))) ids.push(id)
  }
  return ids
}

function put(
  records: RecordsTable,
  hot: HotNamespace | undefined,
  namespace: NamespaceEntry,
  record: StoredRecord,
): void {
  if (records.put(namespace.space, record)) namespace.recordCount++
  hot?.put(record)
}

function remove(records: RecordsTable, hot: HotNamespace | undefined, namespace: NamespaceEntry, id: string): void {
  if (records.delete(namespace.space, id)) namespace.recordCount--
  hot?.delete(id)
}

function changed(current: StoredRecord, change: LocalRecordChange): StoredRecord {
  return {
    id: current.id,
    values: change.values ?? current.values,
    sparse: change.sparse ?? current.sparse,
    metadata: mergeMetadata(current.metadata, change.metadata),
  }
}
