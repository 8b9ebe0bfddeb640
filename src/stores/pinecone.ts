import { Index, Indexes, type IndexModel } from '@pinecone-database/pinecone'
import { AppError } from '../errors.ts'
import type { Tracer } from '../tracing/tracer.ts'
import { type Confirms, indexList, indexNamed, namespaceList } from './confirmed.ts'
import { pineconePlace } from './pinecone-place.ts'
import type { IndexInfo, VectorStore } from './store.ts'
import { type StoreCall, type StoreGuards, type StoreProject, storeCalls } from './store-calls.ts'
import { type StoreExchange, type TransportOptions, transport } from './transport.ts'

export interface PineconeProject extends StoreProject {
  /** Undefined: the vendor's default. */
  readonly controllerHost?: string | undefined
}

export interface PineconeStoreOptions {
  readonly projects: readonly PineconeProject[]
  readonly timeouts?: Partial<TransportOptions['timeouts']>
  readonly retry?: Partial<TransportOptions['retry']>
  readonly onCall?: (call: StoreCall) => void
  /** Absent: every call is sent, however sick the store is. */
  readonly guards?: StoreGuards
  /** Absent: calls are not traced. */
  readonly tracer?: Tracer | undefined
}

const timeouts = { readMs: 10_000, writeMs: 20_000 }
const retry = { attempts: 4, baseMs: 100, maxMs: 5_000, readDeadlineMs: 20_000, writeDeadlineMs: 60_000 }

/**
 * The vector store over the official SDK, which is built for each call: that costs about 3 µs and gives every call its
 * own `fetch`, so that its headers, attempts and doubts need no ambient context.
 */
export function pineconeStore(options: PineconeStoreOptions): VectorStore & AsyncDisposable {
  const wire = transport({
    timeouts: { ...timeouts, ...options.timeouts },
    retry: { ...retry, ...options.retry },
    traceHeaders: options.tracer?.headers,
  })
  const calls = storeCalls(wire, options)
  const projects = new Map(options.projects.map((project) => [project.name, project]))
  const projectOf = (name: string): PineconeProject => {
    const project = projects.get(name)
    if (project) return project
    throw new AppError('internal', 'The vector store project of this place is not configured.', {
      cause: new Error(`no Pinecone project ${name} in the configuration`),
    })
  }

  async function control<T>(
    op: 'createIndex' | 'describeIndex' | 'listIndexes' | 'deleteIndex',
    projectName: string,
    index: string,
    signal: AbortSignal | undefined,
    confirms: (exchange: StoreExchange) => boolean,
    call: (indexes: Indexes) => Promise<T>,
    isAbsent?: (exchange: StoreExchange) => boolean,
  ): Promise<T | undefined> {
    const project = projectOf(projectName)
    const write = op === 'createIndex' || op === 'deleteIndex'
    const { value } = await calls.run(
      { op, project, index, write, confirms, signal },
      (config) => {
        const controllerHostUrl = project.controllerHost
        return call(new Indexes({ ...config, ...(controllerHostUrl ? { controllerHostUrl } : {}) }))
      },
      isAbsent,
    )
    return value
  }

  return {
    open: (placement) => pineconePlace(calls, projectOf(placement.project), placement),
    async createIndex(project, spec, { signal } = {}) {
      const { name, dimension, metric, cloud, region, tags } = spec
      const made = await control('createIndex', project, name, signal, answered(indexNamed(name)), (indexes) =>
        indexes.create({
          name,
          dimension,
          metric,
          spec: { serverless: { cloud, region } },
          tags: { ...tags },
          deletionProtection: 'disabled',
        }),
      )
      if (!made) throw new AppError('internal', 'The vector store made an index and did not describe it.')
      const info = indexInfo(made)
      // The answer to a create may come before the schema is there.
      return info.dimension === 0 ? { ...info, dimension, metric } : info
    },
    async describeIndex(project, name, { signal } = {}) {
      const isIt = answered(indexNamed(name))
      const call = (indexes: Indexes) => indexes.describe(name)
      const found = await control('describeIndex', project, name, signal, isIt, call, isIndexMissing)
      return found && indexInfo(found)
    },
    async listIndexes(project, { signal } = {}) {
      const call = (indexes: Indexes) => indexes.list()
      const found = await control('listIndexes', project, '', signal, answered(indexList), call)
      return (found?.indexes ?? []).map(indexInfo)
    },
    async deleteIndex(project, name, { signal } = {}) {
      const call = async (indexes: Indexes) => {
        await indexes.delete(name)
        return 'deleted' as const
      }
      return (await control('deleteIndex', project, name, signal, isAccepted, call, isIndexMissing)) ?? 'absent'
    },
    async listNamespaces({ project, name, host }, { cursor, prefix }, { signal } = {}) {
      const target = { op: 'listNamespaces', project: projectOf(project), index: name, write: false, signal } as const
      const page = {
        limit: 100,
        ...(cursor !== undefined && { paginationToken: cursor }),
        ...(prefix !== undefined && { prefix }),
      }
      const { value } = await calls.run({ ...target, confirms: answered(namespaceList) }, (config) =>
        new Index({ host }, config).listNamespaces(page),
      )
      const next = value?.pagination?.next
      return {
        namespaces: (value?.namespaces ?? []).map((one) => ({
          name: one.name ?? '',
          recordCount: Number(one.recordCount ?? 0),
        })),
        ...(next ? { nextCursor: next } : {}),
      }
    },
    async [Symbol.asyncDispose]() {
      wire[Symbol.dispose]()
    },
  }
}

function answered(confirms: Confirms): (exchange: StoreExchange) => boolean {
  return ({ answer }) => confirms(answer)
}

/** The vendor accepts the deletion of an index with 202 and no body; the SDK reads nothing of it. */
const isAccepted = ({ status }: StoreExchange): boolean => status === 202

/** The vendor's own 404, recognised by its body; a gateway's 404 proves nothing about the index. */
const isIndexMissing = ({ status, words }: StoreExchange): boolean => status === 404 && /"NOT_FOUND"/.test(words)

/** Reads the schema itself: the SDK's own `dimension` throws while an index is being made. */
function indexInfo({ name, host, privateHost, status, schema, deployment, tags }: IndexModel): IndexInfo {
  const fields = Object.values(schema?.fields ?? {})
  const dense = fields.find((field) => 'type' in field && field.type === 'dense_vector')
  return {
    name,
    host: privateHost || host,
    ready: status.ready,
    dimension: dense && 'dimension' in dense ? Number(dense.dimension) : 0,
    metric: dense && 'metric' in dense ? String(dense.metric) : '',
    tags: tags ?? {},
    ...(deployment?.deploymentType === 'managed' && {
      place: { cloud: deployment.cloud, region: deployment.region },
    }),
    takes: whatItTakes(schema),
  }
}

/** The fields of an index of plain vectors; others declare fields of their own (docs.pinecone.io, "Index schema"). */
const vectorFields: ReadonlySet<string> = new Set(['_values', '_sparse_values'])

function whatItTakes(schema: IndexModel['schema'] | undefined): NonNullable<IndexInfo['takes']> {
  const fields = Object.entries(schema?.fields ?? {}).filter(([, field]) => 'type' in field)
  if (fields.some(([, field]) => 'type' in field && field.type === 'semantic_text')) return 'texts'
  return fields.every(([name]) => vectorFields.has(name)) ? 'vectors' : 'documents'
}
