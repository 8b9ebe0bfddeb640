import { Index, type RecordMetadata } from '@pinecone-database/pinecone'
import type { Placement } from '../placement/placement.ts'
import { eachBatch } from './batch-run.ts'
import { deleteBatches, fetchBatches, upsertBatches } from './batches.ts'
import {
  type Confirms,
  counted,
  idsIn,
  done as isDone,
  matchedOf,
  matchesIn,
  namespaceNamed,
  recordsIn,
  upserted,
} from './confirmed.ts'
import { queryOptions, toMatch, toRecord, toSdkChange, toSdkRecord } from './pinecone-records.ts'
import type { CallOptions, ReadMark, TenantStore, VectorRecord, WriteReceipt } from './store.ts'
import type { StoreCalls, StoreProject } from './store-calls.ts'
import type { StoreOp } from './store-fault.ts'
import type { StoreExchange } from './transport.ts'

const pageMax = 100
const matchesMax = 10_000

/** The namespace of `placement`; no call reaches another. */
export function pineconePlace(calls: StoreCalls, project: StoreProject, placement: Placement): TenantStore {
  const { namespace, indexHost: host, indexName } = placement
  const placeNames = [host, host.replace(/^https?:\/\//, ''), namespace, indexName]

  const read = <T>(
    op: StoreOp,
    signal: AbortSignal | undefined,
    confirms: Confirms,
    call: (index: Index) => Promise<T>,
    absent?: Absent,
  ) =>
    calls.run(
      { op, project, index: indexName, write: false, confirms: ({ answer }) => confirms(answer), signal, placeNames },
      (config) => call(new Index({ host, namespace }, config)),
      absent,
    )
  const write = <T>(
    op: StoreOp,
    { signal, noRepeatInDoubt }: CallOptions,
    confirms: Confirms,
    call: (index: Index) => Promise<T>,
    absent?: Absent,
  ) =>
    calls.run(
      {
        op,
        project,
        index: indexName,
        write: true,
        signal,
        noRepeatInDoubt,
        confirms: ({ answer }) => confirms(answer),
        placeNames,
      },
      (config) => call(new Index({ host, namespace }, config)),
      absent,
    )

  return {
    placement,
    async upsert(records, options = {}) {
      const done = await eachBatch(upsertBatches(records), 'write', (batch) =>
        write('upsert', options, upserted(batch.length), (index) => index.upsert({ records: batch.map(toSdkRecord) })),
      )
      return receiptOf(done)
    },
    async update(change, options = {}) {
      const sdkChange = toSdkChange(change)
      return receiptOf([await write('update', options, isDone, (index) => index.update(sdkChange), isNamespaceMissing)])
    },
    async query(input, { signal } = {}) {
      const options = queryOptions(input)
      const { value, exchange } = await read('query', signal, matchesIn(namespace), (index) => index.query(options))
      const readUnits = value?.usage?.readUnits
      return {
        matches: (value?.matches ?? []).map(toMatch),
        ...markOf([exchange]),
        ...(readUnits === undefined ? {} : { readUnits }),
      }
    },
    async fetch(ids, { signal } = {}) {
      const done = await eachBatch(fetchBatches(ids), 'read', (batch) =>
        read('fetch', signal, recordsIn(namespace, batch), (index) => index.fetch({ ids: batch })),
      )
      const records = new Map<string, VectorRecord>()
      for (const { value } of done) {
        for (const record of Object.values(value?.records ?? {})) records.set(record.id, toRecord(record))
      }
      return { records, ...markOf(done.map(({ exchange }) => exchange)) }
    },
    async list({ prefix, limit = pageMax, cursor }, { signal } = {}) {
      const options = {
        limit: Math.min(limit, pageMax),
        ...(prefix ? { prefix } : {}),
        ...(cursor ? { paginationToken: cursor } : {}),
      }
      const { value, exchange } = await read('list', signal, idsIn(namespace), (index) => index.listPaginated(options))
      const ids = (value?.vectors ?? []).flatMap(({ id }) => (id === undefined ? [] : [id]))
      return { ids, ...cursorOf(value?.pagination), ...markOf([exchange]) }
    },
    async fetchByFilter({ filter, limit = pageMax, cursor }, { signal } = {}) {
      const options = { filter, limit: Math.min(limit, matchesMax), ...(cursor ? { paginationToken: cursor } : {}) }
      const call = (index: Index) => index.fetchByMetadata(options)
      const { value, exchange } = await read('fetchByFilter', signal, recordsIn(namespace), call)
      const records = Object.values(value?.records ?? {}).map(toRecord)
      return { records, ...cursorOf(value?.pagination), ...markOf([exchange]) }
    },
    async updateByFilter(filter, setMetadata, options = {}) {
      const call = (index: Index) => index.update({ filter, metadata: setMetadata as RecordMetadata })
      const { exchange } = await write('updateByFilter', options, isDone, call, isNamespaceMissing)
      const matched = matchedOf(exchange.answer)
      return { ...receiptOf([{ exchange }]), ...(matched === undefined ? {} : { matched }) }
    },
    async countByFilter(filter, { signal } = {}) {
      const target = { op: 'countByFilter', project, index: indexName, write: false, signal, placeNames } as const
      const { exchange } = await calls.run({ ...target, confirms: ({ answer }) => counted(answer) }, (config) =>
        new Index({ host, namespace }, { ...config, fetchApi: asDryRun(config.fetchApi) }).update({ filter }),
      )
      return { count: matchedOf(exchange.answer) ?? 0, ...markOf([exchange]) }
    },
    async deleteIds(ids, options = {}) {
      const done = await eachBatch(deleteBatches(ids), 'write', (batch) =>
        write('deleteIds', options, isDone, (index) => index.deleteMany({ ids: batch }), isNamespaceMissing),
      )
      return receiptOf(done)
    },
    async deleteByFilter(filter, options = {}) {
      const call = (index: Index) => index.deleteMany({ filter })
      return receiptOf([await write('deleteByFilter', options, isDone, call, isNamespaceMissing)])
    },
    async deleteAll(options = {}) {
      const call = (index: Index) => index.deleteAll()
      return receiptOf([await write('deleteAll', options, isDone, call, isNamespaceMissing)])
    },
    async createNamespace(options = {}) {
      const call = (index: Index) => index.createNamespace({ name: namespace })
      const isIt = namespaceNamed(namespace)
      const { exchange } = await write('createNamespace', options, isIt, call, ({ status }) => status === 409)
      return exchange.status === 409 ? 'exists' : 'created'
    },
    async describeNamespace({ signal } = {}) {
      const call = (index: Index) => index.describeNamespace(namespace)
      const { value, exchange } = await read(
        'describeNamespace',
        signal,
        namespaceNamed(namespace),
        call,
        isNamespaceMissing,
      )
      return exchange.status === 404 ? undefined : { recordCount: Number(value?.recordCount ?? 0) }
    },
    async deleteNamespace(options = {}) {
      const call = (index: Index) => index.deleteNamespace(namespace)
      const { exchange } = await write('deleteNamespace', options, isDone, call, isNamespaceMissing)
      return exchange.status === 404 ? 'absent' : 'deleted'
    },
  }
}

/** The SDK cannot ask for a dry run; without one, a request like its own would change nothing, having nothing to set. */
function asDryRun(fetchApi: typeof fetch): typeof fetch {
  return (url, init) =>
    fetchApi(url, { ...init, body: JSON.stringify({ ...JSON.parse(String(init?.body)), dryRun: true }) })
}

type Absent = (exchange: StoreExchange) => boolean

/**
 * The vendor answers 404 to a delete or an update in a missing namespace; the 404 of a missing index names no
 * namespace.
 */
const isNamespaceMissing: Absent = ({ status, words }) => status === 404 && /namespace/i.test(words)

function receiptOf(done: readonly { readonly exchange: StoreExchange }[]): WriteReceipt {
  const lsns = done.flatMap(({ exchange }) => exchange.requestLsn ?? [])
  const doubtful = done.some(({ exchange }) => exchange.inDoubt)
  return {
    ...(lsns.length > 0 && lsns.length === done.length ? { lsn: Math.max(...lsns) } : {}),
    ...(doubtful ? { doubtful } : {}),
  }
}

/** Combines several reads: only what all of them show counts as shown. */
function markOf(exchanges: readonly StoreExchange[]): ReadMark {
  const lsns = exchanges.flatMap(({ indexedLsn }) => indexedLsn ?? [])
  return lsns.length > 0 && lsns.length === exchanges.length ? { indexedLsn: Math.min(...lsns) } : {}
}

function cursorOf(pagination: { readonly next?: string } | undefined): { readonly nextCursor?: string } {
  return pagination?.next ? { nextCursor: pagination.next } : {}
}
