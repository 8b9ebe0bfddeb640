import type { TenantPrincipal } from '../../auth/principal.ts'
import type { ResultCache } from '../../cache/result-cache.ts'
import { type RetrievalKeyParts, retrievalKey, type TenantScopedKey } from '../../cache/tenant-scoped-key.ts'
import { canonicalJson } from '../../canonical-json.ts'
import type { TenantRoute } from '../../placement/phase.ts'
import type { AskOptions } from './embed-query.ts'
import { checkMayExplain, checkQuestion, type Question, type RetrieveInput } from './question.ts'
import { answerQuestion, type RetrieveDeps } from './retrieve.ts'

export interface CachedRetrieveDeps extends RetrieveDeps {
  readonly cache: ResultCache
}

export interface CachedAnswer {
  /** A `RetrieveAnswer`, equal for everyone with the same question. */
  readonly json: string
  readonly cache: 'hit' | 'miss' | 'bypass'
  /** Postgres is unavailable: the search used the last known place. */
  readonly stale: boolean
}

/**
 * `retrieve` with a cache. It looks the route up first, so that a tenant that is suspended, gone or moved never gets a
 * cached answer. Explanations describe one run and are never cached; nor are answers without their reranker.
 *
 * @param options `bypass`: neither reads nor fills the cache. The signal aborts only a load that nobody else may join.
 * @throws as `retrieve` does.
 */
export async function cachedRetrieve(
  deps: CachedRetrieveDeps,
  principal: TenantPrincipal,
  input: RetrieveInput,
  options: AskOptions = {},
): Promise<CachedAnswer> {
  const question = checkQuestion(input, deps)
  checkMayExplain(principal, question)
  const found = deps.routes.find(principal.tenantId)
  const route = found instanceof Promise ? await found : found
  const { cache } = deps
  const stale = route.stale === true
  if (options.bypass === true || !cache.isOn || question.refinement?.explain === true) {
    const answer = await answerQuestion(deps, principal, route, question, options)
    return { json: JSON.stringify(answer), cache: 'bypass', stale }
  }
  const key = retrievalKey(retrievalKeyParts(route, deps.embedder.model, principal, question))
  const kept = cache.get(key)
  if (kept !== undefined) return { json: kept, cache: 'hit', stale }
  return loadQuestion(deps, principal, route, question, key)
}

/** Answers a question that the cache lacks, and caches the answer if allowed. */
export async function loadQuestion(
  deps: CachedRetrieveDeps,
  principal: TenantPrincipal,
  route: TenantRoute,
  question: Question,
  key: TenantScopedKey,
): Promise<CachedAnswer> {
  let isMakeshift = false
  const load = async (): Promise<string> => {
    const answer = await answerQuestion(deps, principal, route, question)
    isMakeshift = answer.search?.reranker === null
    return JSON.stringify(answer)
  }
  const json = await deps.cache.load(key, load, { mayKeep: () => !isMakeshift })
  return { json, cache: 'miss', stale: route.stale === true }
}

/** The key's parts: every field of a question except `ask` and `filter` is an option. */
export function retrievalKeyParts(
  route: TenantRoute,
  embeddingModel: string,
  { groups }: TenantPrincipal,
  { ask, filter, ...options }: Question,
): RetrievalKeyParts {
  const canonical = filter === undefined ? undefined : canonicalJson(filter)
  return { route, embeddingModel, groups, ask, filter: canonical, options }
}
