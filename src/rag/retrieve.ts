import type { TenantPrincipal } from '../auth/principal.ts'
import type { TenantRoute } from '../placement/phase.ts'
import type { Tier } from '../placement/placement.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import type { TenantRoutes } from '../registry/tenant-routes.ts'
import type { CallOptions, VectorStore } from '../stores/store.ts'
import { type BelieveEmptyDeps, believeEmpty } from './believe-empty.ts'
import { narrowed } from './check-filter.ts'
import { type AskOptions, type EmbedQueryDeps, embedQuery } from './embed-query.ts'
import { indexMustBeThere } from './index-gone.ts'
import { foundMatch, type Match } from './match.ts'
import { checkQuestion, type Question, type RetrieveInput } from './question.ts'

export interface RetrieveDeps extends BelieveEmptyDeps, EmbedQueryDeps {
  readonly routes: Pick<TenantRoutes, 'find'>
  readonly stores: Pick<VectorStore, 'open'>
  /** Hears of every vector that the store is asked with; keeps it, at no cost. */
  readonly recentQueries?: { note(tenantId: TenantId, vector: readonly number[]): void }
}

export interface RetrieveAnswer {
  /** The best first. */
  readonly matches: readonly Match[]
  readonly usage: { readonly embeddingTokens?: number; readonly readUnits?: number }
  readonly route: { readonly tier: Tier; readonly generation: number }
}

/**
 * The records of the caller's tenant that are nearest to a question, among those that the caller's groups see.
 *
 * @throws AppError `invalid_request`, `embedding_unavailable`; `store_inconsistent` when the store shows nothing where
 *   the inventory knows of documents; and the faults of `TenantRoutes.find` and `TenantStore`.
 */
export async function retrieve(
  deps: RetrieveDeps,
  principal: TenantPrincipal,
  input: RetrieveInput,
  options: CallOptions = {},
): Promise<RetrieveAnswer> {
  const question = checkQuestion(input, deps.embedder.dimension)
  return answerQuestion(deps, principal, await deps.routes.find(principal.tenantId), question, options)
}

/** `retrieve` of a question that is checked, in the place that `route` names. */
export async function answerQuestion(
  deps: RetrieveDeps,
  principal: TenantPrincipal,
  route: TenantRoute,
  { ask, topK, filter, minScore, includeValues }: Question,
  options: AskOptions = {},
): Promise<RetrieveAnswer> {
  const place = route.routing.active
  const store = deps.stores.open(place)
  let vector: readonly number[] | undefined
  let embeddingTokens: number | undefined
  if ('query' in ask) {
    const embedding = await embedQuery(deps, route, ask.query, options)
    vector = embedding.vector
    embeddingTokens = embedding.tokens
  } else vector = ask.vector
  if (vector !== undefined) deps.recentQueries?.note(principal.tenantId, vector)
  const found = await indexMustBeThere(
    store.query(
      {
        ...(vector !== undefined && { vector }),
        ...{ topK, filter: narrowed(filter, principal.groups), includeValues, includeMetadata: true },
      },
      options,
    ),
  )
  if (found.matches.length === 0) await believeEmpty(deps, store, options)
  const good = minScore === undefined ? found.matches : found.matches.filter(({ score }) => score >= minScore)
  return {
    matches: good.map(foundMatch),
    usage: {
      ...(embeddingTokens !== undefined && { embeddingTokens }),
      ...(found.readUnits !== undefined && { readUnits: found.readUnits }),
    },
    route: { tier: route.tier, generation: place.generation },
  }
}
