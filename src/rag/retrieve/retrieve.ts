import type { TenantPrincipal } from '../../auth/principal.ts'
import type { ResultCache } from '../../cache/result-cache.ts'
import { type RetrievalKeyParts, retrievalKey, type TenantScopedKey } from '../../cache/tenant-scoped-key.ts'
import { canonicalJson } from '../../canonical-json.ts'
import type { TenantRoute } from '../../placement/phase.ts'
import { type CountsUnnamed, modelOf, routeOfVectors } from '../checks/named-model.ts'
import type { AskOptions } from './embed-query.ts'
import { checkMayExplain, checkQuestion, type Question, type RetrieveInput } from './question.ts'
import { type SearchTenantDeps, searchTenant } from './search-tenant.ts'

export interface RetrieveDeps extends SearchTenantDeps, CountsUnnamed {
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
 * Finds the records of the caller's tenant that are nearest to a question, among those that the caller's groups see; from
 * the cache when it can. The route is looked up first, so that a tenant that is suspended, gone or moved never gets a
 * kept answer. An explanation describes this one search, so it is never kept; nor is an answer without its reranker.
 *
 * @param options `bypass`: neither read nor keep. The signal ends the wait, and a search that nobody else waits for.
 * @throws AppError `invalid_request`, `embedding_unavailable`, `rerank_unavailable`; `forbidden` for an explanation
 *   without its scope; `store_inconsistent` when the store shows nothing where the inventory knows of documents; and
 *   the faults of `TenantRoutes.find` and `TenantStore`.
 */
export async function retrieve(
  deps: RetrieveDeps,
  principal: TenantPrincipal,
  input: RetrieveInput,
  options: AskOptions = {},
): Promise<CachedAnswer> {
  const found = deps.routes.find(principal.tenantId)
  const route = routeOfAsk(deps, principal, found instanceof Promise ? await found : found, input)
  const question = checkQuestion(input, deps, route.routing.active.vectors)
  checkMayExplain(principal, question)
  const { cache } = deps
  const stale = route.stale === true
  if (options.bypass === true || !cache.isOn || question.refinement?.explain === true) {
    const answer = await searchTenant(deps, principal, route, question, options)
    return { json: JSON.stringify(answer), cache: 'bypass', stale }
  }
  const key = retrievalKey(retrievalKeyParts(route, principal, question))
  const kept = cache.get(key)
  if (kept !== undefined) return { json: kept, cache: 'hit', stale }
  return loadQuestion(deps, principal, route, question, key, options.signal)
}

/**
 * The route that a question is asked by: one in words goes to the place of the tenant's reads, one by a vector to the
 * place of the vector's model.
 * @throws AppError as `routeOfVectors`.
 */
export function routeOfAsk(
  { noteUnnamed }: CountsUnnamed,
  principal: TenantPrincipal,
  route: TenantRoute,
  { vector, model }: RetrieveInput,
): TenantRoute {
  if (vector === undefined) return route
  const named = modelOf({ model }, principal)
  if (named === undefined) noteUnnamed?.(principal.tenantId)
  return routeOfVectors(route, named)
}

/**
 * Answers a question that the cache lacks, and caches the answer if allowed.
 * @param signal ends this caller's wait, and the search itself when nobody else waits for it.
 */
export async function loadQuestion(
  deps: RetrieveDeps,
  principal: TenantPrincipal,
  route: TenantRoute,
  question: Question,
  key: TenantScopedKey,
  signal?: AbortSignal,
): Promise<CachedAnswer> {
  let isMakeshift = false
  const load = async (abandoned: AbortSignal): Promise<string> => {
    const how = signal === undefined ? {} : { signal: abandoned }
    const answer = await searchTenant(deps, principal, route, question, how)
    isMakeshift = answer.search?.reranker === null
    return JSON.stringify(answer)
  }
  const json = await deps.cache.load(key, load, { signal, mayKeep: () => !isMakeshift })
  return { json, cache: 'miss', stale: route.stale === true }
}

/** The key's parts: every field of a question except `ask` and `filter` is an option. */
export function retrievalKeyParts(
  route: TenantRoute,
  { groups }: TenantPrincipal,
  { ask, filter, ...options }: Question,
): RetrievalKeyParts {
  const canonical = filter === undefined ? undefined : canonicalJson(filter)
  return { route, groups, ask, filter: canonical, options }
}
