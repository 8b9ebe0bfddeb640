import { EmbeddingCache } from '../cache/embedding-cache.ts'
import { ResultCache } from '../cache/result-cache.ts'
import type { Config } from '../config/config.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

export interface Caches {
  /** Of results and answers. */
  readonly cache: ResultCache
  readonly embeddings: EmbeddingCache
  /** The tenant was moved, suspended or otherwise changed; undefined: it is not known who was. */
  forget(tenantId: TenantId | undefined): void
}

/** Vectors take a quarter of the bytes at most: answers are dear, and thousands of vectors go into the rest. */
const embeddingShare = 0.25

/**
 * What this replica keeps: within the configured bytes together.
 * @param options `quietMs`: how long after a write nothing of its tenant is kept; undefined: as long as the store needs.
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
