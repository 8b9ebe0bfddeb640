import { TenantCache, type TenantCacheOptions } from './tenant-cache.ts'

/**
 * The store shows writes late: an answer from before would be served for the whole time to live. An answer older than
 * the lag beyond this, or a write of another replica that is not known yet, is stale for at most `ttlMs`.
 */
const quietMsDefault = 2_000

/** What was found and what was answered, as JSON: what a write of the tenant makes void. */
export class ResultCache extends TenantCache<string> {
  /** @param options `quietMs`: default 2,000. */
  constructor(options: TenantCacheOptions) {
    super({ ...options, quietMs: options.quietMs ?? quietMsDefault }, (json) => 2 * json.length)
  }
}
