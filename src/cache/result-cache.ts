import { TenantCache, type TenantCacheOptions } from './tenant-cache.ts'

/**
 * Time after a write in which nothing is cached: the store shows writes late, and an answer from before the write would
 * be served for the whole time to live. A store that lags longer, or a write of another replica that is not known yet,
 * makes an answer stale for at most `ttlMs`.
 */
const quietMsDefault = 2_000

/** Search results and answers as JSON: everything that a write of the tenant invalidates. */
export class ResultCache extends TenantCache<string> {
  /** @param options `quietMs`: default 2,000. */
  constructor(options: TenantCacheOptions) {
    super({ ...options, quietMs: options.quietMs ?? quietMsDefault }, (json) => 2 * json.length)
  }
}
