import type { TenantPrincipal } from '../auth/principal.ts'
import type { ResultCache } from '../cache/result-cache.ts'
import { type RetrievalKeyParts, retrievalKey } from '../cache/tenant-scoped-key.ts'
import { canonicalJson } from '../canonical-json.ts'
import type { TenantRoute } from '../placement/phase.ts'
import type { AskOptions } from './embed-query.ts'
import { checkQuestion, type Question, type RetrieveInput } from './question.ts'
import { answerQuestion, type RetrieveDeps } from './retrieve.ts'

export interface CachedRetrieveDeps extends RetrieveDeps {
  readonly cache: ResultCache
}

export interface CachedAnswer {
  /** A `RetrieveAnswer`, which is the same for everyone with the same question. */
  readonly json: string
  readonly cache: 'hit' | 'miss' | 'bypass'
  /** Postgres is away: searched was where the tenant lived when that was last known. */
  readonly stale: boolean
}

/**
 * `retrieve`, answered from the cache when it can be. The route is looked up first, so that a tenant that is
 * suspended, gone or moved never gets a kept answer.
 *
 * @param options `bypass`: neither read nor keep. The signal ends only a load that nobody else may join.
 * @throws as `retrieve` does.
 */
export async function cachedRetrieve(
  deps: CachedRetrieveDeps,
  principal: TenantPrincipal,
  input: RetrieveInput,
  options: AskOptions = {},
): Promise<CachedAnswer> {
  const { cache, embedder } = deps
  const question = checkQuestion(input, embedder.dimension)
  const found = deps.routes.find(principal.tenantId)
  const route = found instanceof Promise ? await found : found
  const stale = route.stale === true
  const load = async (how: AskOptions = {}): Promise<string> =>
    JSON.stringify(await answerQuestion(deps, principal, route, question, how))
  if (options.bypass === true || !cache.isOn) return { json: await load(options), cache: 'bypass', stale }
  const key = retrievalKey(retrievalKeyParts(route, embedder.model, principal, question))
  const kept = cache.get(key)
  if (kept !== undefined) return { json: kept, cache: 'hit', stale }
  return { json: await cache.load(key, () => load()), cache: 'miss', stale }
}

/** Whatever a question may ask for goes into its key: what is not `ask` or `filter` is an option. */
export function retrievalKeyParts(
  route: TenantRoute,
  embeddingModel: string,
  { groups }: TenantPrincipal,
  { ask, filter, ...options }: Question,
): RetrievalKeyParts {
  const canonical = filter === undefined ? undefined : canonicalJson(filter)
  return { route, embeddingModel, groups, ask, filter: canonical, options }
}
