import type { TenantPrincipal } from '../../src/auth/principal.ts'
import { EmbeddingCache } from '../../src/cache/embedding-cache.ts'
import { ResultCache } from '../../src/cache/result-cache.ts'
import { connect } from '../../src/db/connect.ts'
import { embeddersOf } from '../../src/models/choose-embedder.ts'
import type { Embedder } from '../../src/models/embedder.ts'
import { extractiveAnswerer } from '../../src/models/extractive.ts'
import { lexicalReranker } from '../../src/models/lexical-reranker.ts'
import { parseTenantId, type TenantId } from '../../src/placement/tenant-id.ts'
import { startChunker } from '../../src/rag/chunks/chunker.ts'
import { ragMemory } from '../../src/rag/rag-memory.ts'
import { LeasedRoutes } from '../../src/routing/lease/leased-routes.ts'
import type { TenantStore, VectorRecord } from '../../src/stores/store.ts'
import { testDatabase } from './database.ts'
import { hashEmbedder } from './hash-embedder.ts'
import { localStores } from './local-stores.ts'
import { seedTenant } from './seed.ts'
import { watchedStore } from './watched-store.ts'

export type RagWorld = Awaited<ReturnType<typeof open>>
export const RagWorld = { open }

/** A replica's parts around the retrieval verbs, all of them real but the embedder; tenants are added one by one. */
async function open(options: { embedder?: Embedder; ttlMs?: number; metric?: 'cosine' | 'dotproduct' } = {}) {
  const stack = new AsyncDisposableStack()
  const home = stack.use(await testDatabase())
  const local = stack.use(await localStores())
  const stores = watchedStore(local.connect())
  const embedder = options.embedder ?? hashEmbedder()
  const metric = options.metric ?? 'cosine'
  const index = await stores.createIndex('default', {
    name: 'tr-pool-1',
    dimension: embedder.dimension,
    metric,
    cloud: 'aws',
    region: 'us-east-1',
    tags: {},
  })
  const replica = async () => {
    const routes = stack.use(
      new LeasedRoutes(stack.use(connect({ url: home.url, max: 2 })), {
        leaseMs: 60_000,
        storeInDoubtMs: 60_000,
        outageReads: 'stale',
        holdMs: 300,
      }),
    )
    await routes.start()
    return routes
  }
  const routes = await replica()
  const cache = new ResultCache({ maxBytes: 10_000_000, ttlMs: options.ttlMs ?? 60_000, quietMs: 0 })
  const embeddings = new EmbeddingCache({ maxBytes: 10_000_000, ttlMs: options.ttlMs ?? 60_000 })
  const announced: TenantId[] = []
  let tenants = 0
  const placeOf = async (tenantId: TenantId): Promise<TenantStore> =>
    stores.open((await routes.find(tenantId)).routing.active)

  return {
    home,
    local,
    announced,
    deps: {
      db: home.db,
      routes,
      stores,
      embedder,
      embedders: embeddersOf([embedder]),
      cache,
      embeddings,
      answerer: extractiveAnswerer(),
      answerSettings: { contextTokens: 6_000 },
      chunker: stack.use(startChunker()),
      queueBounds: { bytesMax: 10_000_000, uploadsMax: 100 },
      memory: ragMemory(),
      reranker: lexicalReranker,
      settings: {
        storeInDoubtMs: 60_000,
        storeVisibleMs: 0,
        sameContentWaitMs: 0,
        retrieveMode: 'dense' as const,
      },
      writes: {
        announce(tenantId: TenantId) {
          announced.push(tenantId)
          cache.drop(tenantId)
        },
      },
    },
    /** A new tenant with its namespace, and a token of it; without an id, one that no other test has. */
    async tenant(id = `tenant-${++tenants}`, ...groups: string[]): Promise<TenantPrincipal> {
      const tenantId = await seedTenant(home, {
        id,
        host: index.host,
        dimension: embedder.dimension,
        model: embedder.model,
        metric,
      })
      await (await placeOf(tenantId)).createNamespace()
      return principalOf(id, ...groups)
    },
    placeOf,
    /** Everything in a tenant's place, past all verbs. */
    async stored(tenantId: TenantId): Promise<ReadonlyMap<string, VectorRecord>> {
      const place = await placeOf(tenantId)
      const ids: string[] = []
      let cursor: string | undefined
      do {
        const page = await place.list(cursor === undefined ? {} : { cursor })
        ids.push(...page.ids)
        cursor = page.nextCursor
      } while (cursor !== undefined)
      return ids.length === 0 ? new Map() : (await place.fetch(ids)).records
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

export function principalOf(id: string, ...groups: string[]): TenantPrincipal {
  return {
    kind: 'tenant',
    tenantId: parseTenantId(id),
    subject: `app-of-${id}`,
    ...(groups.length > 0 && { hasGroupsClaim: true as const }),
    scopes: new Set(['rag:read', 'rag:write']),
    groups: groups.toSorted(),
  }
}
