import type { TenantId } from '../placement/tenant-id.ts'
import { storedRecordBytes } from './batches.ts'
import type { QueryMatch, TenantStore, VectorRecord, VectorStore } from './store.ts'

/** Units and bytes of one call of the store, as the vendor bills them. */
export interface StoreUse {
  readonly readUnits?: number
  readonly writeUnits?: number
  readonly egressBytes?: number
  readonly writtenRecords?: number
  readonly writtenBytes?: number
}

/** The vendor's rules (docs: understanding cost): a write costs 1 unit per started KB, and at least 5. */
const leastWriteUnits = 5
/** A fetch costs 1 unit per started ten records, and at least 1; a page of ids costs 1. */
const recordsOfReadUnit = 10

/**
 * The same store, which notes what each tenant's calls cost. The units of a query come back with it; those of other
 * calls are counted by the vendor's rules. A call that failed is not counted.
 */
export function meteredStore(inner: VectorStore, note: (tenantId: TenantId, use: StoreUse) => void): VectorStore {
  return {
    open: (placement) => meteredPlace(inner.open(placement), (use) => note(placement.tenantId, use)),
    createIndex: (...args) => inner.createIndex(...args),
    describeIndex: (...args) => inner.describeIndex(...args),
    listIndexes: (...args) => inner.listIndexes(...args),
    deleteIndex: (...args) => inner.deleteIndex(...args),
    listNamespaces: (...args) => inner.listNamespaces(...args),
  }
}

function meteredPlace(place: TenantStore, note: (use: StoreUse) => void): TenantStore {
  const written = async <T>(done: Promise<T>, bytes: number): Promise<T> => {
    const answer = await done
    note({ writeUnits: writeUnitsOf(bytes) })
    return answer
  }
  return {
    placement: place.placement,
    async upsert(records, options) {
      const receipt = await place.upsert(records, options)
      const writtenBytes = bytesOf(records)
      note({ writeUnits: writeUnitsOf(writtenBytes), writtenRecords: records.length, writtenBytes })
      return receipt
    },
    update: (change, options) => written(place.update(change, options), jsonBytes(change)),
    async query(input, options) {
      const answer = await place.query(input, options)
      const { readUnits, matches } = answer
      note({ egressBytes: matchBytes(matches), ...(readUnits !== undefined && { readUnits }) })
      return answer
    },
    async fetch(ids, options) {
      const answer = await place.fetch(ids, options)
      note(readOf([...answer.records.values()]))
      return answer
    },
    async list(input, options) {
      const answer = await place.list(input, options)
      note({ readUnits: 1, egressBytes: jsonBytes(answer.ids) })
      return answer
    },
    async fetchByFilter(input, options) {
      const answer = await place.fetchByFilter(input, options)
      note(readOf(answer.records))
      return answer
    },
    deleteIds: (ids, options) => written(place.deleteIds(ids, options), 0),
    updateByFilter: (filter, set, options) => written(place.updateByFilter(filter, set, options), jsonBytes(set)),
    countByFilter: (filter, options) => place.countByFilter(filter, options),
    deleteByFilter: (filter, options) => written(place.deleteByFilter(filter, options), 0),
    deleteAll: (options) => written(place.deleteAll(options), 0),
    createNamespace: (options) => place.createNamespace(options),
    describeNamespace: (options) => place.describeNamespace(options),
    deleteNamespace: (options) => place.deleteNamespace(options),
  }
}

function writeUnitsOf(bytes: number): number {
  return Math.max(leastWriteUnits, Math.ceil(bytes / 1024))
}

function readOf(records: readonly VectorRecord[]): StoreUse {
  return { readUnits: Math.max(1, Math.ceil(records.length / recordsOfReadUnit)), egressBytes: bytesOf(records) }
}

function bytesOf(records: readonly VectorRecord[]): number {
  return records.reduce((sum, record) => sum + storedRecordBytes(record), 0)
}

/** About the bytes of a query's answer: this stands on every request's way, so it makes no text of it. */
function matchBytes(matches: readonly QueryMatch[]): number {
  let bytes = 0
  for (const { id, values, metadata } of matches) {
    bytes += bytesOfMatch + id.length + bytesOfNumber * (values?.length ?? 0)
    for (const name in metadata) {
      const value = metadata[name]
      bytes += name.length + (typeof value === 'string' ? value.length : bytesOfNumber)
    }
  }
  return bytes
}

const bytesOfMatch = 40
const bytesOfNumber = 12

function jsonBytes(value: unknown): number {
  return JSON.stringify(value).length
}
