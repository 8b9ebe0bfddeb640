import { EmbeddingCache } from '../cache/embedding-cache.ts'
import { ResultCache } from '../cache/result-cache.ts'
import type { Config } from '../config/config.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

export interface Caches {
  /** Search results and answers. */
  readonly cache: ResultCache
  readonly embeddings: EmbeddingCache
  /** Drops a tenant that was moved, suspended or otherwise changed; undefined drops all: the tenant is not known. */
  forget(tenantId: TenantId | undefined): void
}

/** Share of the bytes for vectors, at most: answers are costly, and thousands of vectors fit into the rest. */
const embeddingShare = 0.25

/**
 * This replica's caches, within the configured bytes together.
 * @param options `quietMs`: time after a write in which nothing of its tenant is cached; undefined: the
 *   default of each cache.
 */
export function openCaches(
  { maxBytes, ttlMs, quietMs }: Config['cache'] & { readonly quietMs: number | undefined },
  { caches }: Telemetry,
): Caches {
  const onLookup = caches.lookup
  const forEmbeddings = Math.floor(maxBytes * embeddingShare)
  const cache = new ResultCache({ maxBytes: maxBytes - forEmbeddings, ttlMs, quietMs, onLookup })
  const embeddings = new EmbeddingCache({ maxBytes: forEmbeddings, ttlMs, onLookup })
  return {
    cache,
    embeddings,
    forget(tenantId) {
      for (const each of [cache, embeddings]) {
        if (tenantId === undefined) each.dropAll()
        else each.drop(tenantId)
      }
    },
  }
}
