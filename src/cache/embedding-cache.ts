import { TenantCache, type TenantCacheOptions } from './tenant-cache.ts'

/** Vectors of questions. A write of the tenant leaves them as they are; they go when the tenant is changed or goes. */
export class EmbeddingCache extends TenantCache<readonly number[]> {
  constructor(options: TenantCacheOptions) {
    super(options, (vector) => 8 * vector.length)
  }
}
