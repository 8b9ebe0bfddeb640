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
export function meteredStore(inner: VectorStore, note: Note): VectorStore {
  return {
    open: (placement) => new MeteredPlace(inner.open(placement), note),
    createIndex: (...args) => inner.createIndex(...args),
    describeIndex: (...args) => inner.describeIndex(...args),
    listIndexes: (...args) => inner.listIndexes(...args),
    deleteIndex: (...args) => inner.deleteIndex(...args),
    listNamespaces: (...args) => inner.listNamespaces(...args),
  }
}

type Note = (tenantId: TenantId, use: StoreUse) => void
type Args<M extends keyof TenantStore> = TenantStore[M] extends (...args: infer A) => unknown ? A : never

/** A place with its meter. It is a class because one is made for each request. */
class MeteredPlace implements TenantStore {
  readonly #place: TenantStore
  readonly #note: Note

  constructor(place: TenantStore, note: Note) {
    this.#place = place
    this.#note = note
  }

  get placement() {
    return this.#place.placement
  }

  async upsert(...args: Args<'upsert'>) {
    const receipt = await this.#place.upsert(...args)
    const [records] = args
    const writtenBytes = bytesOf(records)
    this.#use({ writeUnits: writeUnitsOf(writtenBytes), writtenRecords: records.length, writtenBytes })
    return receipt
  }

  update(...args: Args<'update'>) {
    return this.#written(this.#place.update(...args), jsonBytes(args[0]))
  }

  async query(...args: Args<'query'>) {
    const answer = await this.#place.query(...args)
    const { readUnits, matches } = answer
    this.#use({ egressBytes: matchBytes(matches), ...(readUnits !== undefined && { readUnits }) })
    return answer
  }

  async fetch(...args: Args<'fetch'>) {
    const answer = await this.#place.fetch(...args)
    this.#use(readOf([...answer.records.values()]))
    return answer
  }

  async list(...args: Args<'list'>) {
    const answer = await this.#place.list(...args)
    this.#use({ readUnits: 1, egressBytes: jsonBytes(answer.ids) })
    return answer
  }

  async fetchByFilter(...args: Args<'fetchByFilter'>) {
    const answer = await this.#place.fetchByFilter(...args)
    this.#use(readOf(answer.records))
    return answer
  }

  deleteIds(...args: Args<'deleteIds'>) {
    return this.#written(this.#place.deleteIds(...args), 0)
  }

  updateByFilter(...args: Args<'updateByFilter'>) {
    return this.#written(this.#place.updateByFilter(...args), jsonBytes(args[1]))
  }

  countByFilter(...args: Args<'countByFilter'>) {
    return this.#place.countByFilter(...args)
  }

  deleteByFilter(...args: Args<'deleteByFilter'>) {
    return this.#written(this.#place.deleteByFilter(...args), 0)
  }

  deleteAll(...args: Args<'deleteAll'>) {
    return this.#written(this.#place.deleteAll(...args), 0)
  }

  createNamespace(...args: Args<'createNamespace'>) {
    return this.#place.createNamespace(...args)
  }

  describeNamespace(...args: Args<'describeNamespace'>) {
    return this.#place.describeNamespace(...args)
  }

  deleteNamespace(...args: Args<'deleteNamespace'>) {
    return this.#place.deleteNamespace(...args)
  }

  #use(use: StoreUse): void {
    this.#note(this.placement.tenantId, use)
  }

  async #written<T>(done: Promise<T>, bytes: number): Promise<T> {
    const answer = await done
    this.#use({ writeUnits: writeUnitsOf(bytes) })
    return answer
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
