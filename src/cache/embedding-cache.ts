import { TenantCache, type TenantCacheOptions } from './tenant-cache.ts'

/** Vectors of questions. A write leaves them valid; a change or the removal of the tenant drops them. */
export class EmbeddingCache extends TenantCache<readonly number[]> {
  constructor(options: TenantCacheOptions) {
    super(options, (vector) => 8 * vector.length)
  }
}
