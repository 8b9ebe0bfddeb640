import type { TenantPrincipal } from '../../auth/principal.ts'
import type { TenantRoute } from '../../placement/phase.ts'
import { isSameSpace, type Tier, type VectorSpace } from '../../placement/placement.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import type { TenantRoutes } from '../../routing/lease/tenant-routes.ts'
import type { VectorStore } from '../../stores/store.ts'
import { narrowed } from '../checks/check-filter.ts'
import { shapeOf } from '../checks/record-shape.ts'
import { indexMustBeThere } from '../index-gone.ts'
import { believeEmpty } from './believe-empty.ts'
import { type AskOptions, type EmbedQueryDeps, embedQuery } from './embed-query.ts'
import { foundMatch, type Match } from './match.ts'
import type { Question } from './question.ts'
import { type RefineDeps, type RefinedAnswer, refinedAnswer } from './refined-answer.ts'
import { Trace } from './trace.ts'

export interface SearchTenantDeps extends RefineDeps, EmbedQueryDeps {
  readonly routes: Pick<TenantRoutes, 'find'>
  readonly stores: Pick<VectorStore, 'open'>
  /** Receives every vector sent to the store, and the question while a move embeds anew; keeps it, at no cost. */
  readonly recentQueries?: {
    note(tenantId: TenantId, vector: readonly number[], space: VectorSpace, asked?: AskedInWords): void
  }
}

/** A question, and the vectors of the other place of a move that embeds anew. */
interface AskedInWords {
  readonly text: string
  readonly other: VectorSpace
}

export interface RetrieveAnswer extends Partial<Pick<RefinedAnswer, 'groups' | 'search' | 'explain'>> {
  /** Best first; with `diversity` in the order of choice, with `group` by document. */
  readonly matches: readonly Match[]
  readonly usage: { readonly embeddingTokens?: number; readonly readUnits?: number }
  readonly route: { readonly tier: Tier; readonly generation: number }
}

/** Searches the place that `route` names for a question that is checked; `retrieve` is the usual door. */
export async function searchTenant(
  deps: SearchTenantDeps,
  principal: TenantPrincipal,
  route: TenantRoute,
  question: Question,
  options: AskOptions = {},
): Promise<RetrieveAnswer> {
  const { ask, topK, filter, minScore, includeValues, refinement } = question
  const trace = refinement && new Trace()
  const startedMs = trace && performance.now()
  const place = route.routing.active
  const store = deps.stores.open(place)
  let vector: readonly number[] | undefined
  let embeddingTokens: number | undefined
  if ('query' in ask) {
    const embedding = await embedQuery(deps, route, ask.query, options)
    vector = embedding.vector
    embeddingTokens = embedding.tokens
  } else vector = ask.vector
  if (vector !== undefined)
    deps.recentQueries?.note(principal.tenantId, vector, place.vectors, askedInWords(route, ask))
  if (refinement !== undefined && trace !== undefined && vector !== undefined) {
    trace.note('embed', startedMs ?? 0)
    const asked = { principal, route, store, question, refinement, vector }
    const { readUnits, ...refined } = await refinedAnswer(deps, asked, trace, options)
    return { ...refined, ...usageAndRoute(route, embeddingTokens, readUnits) }
  }
  const shape = shapeOf(route)
  const found = await indexMustBeThere(
    store.query(
      {
        ...(vector !== undefined && { vector }),
        topK,
        filter: narrowed(filter, principal.groups, shape.visibility),
        includeValues,
        includeMetadata: true,
      },
      options,
    ),
  )
  if (found.matches.length === 0) await believeEmpty(deps, store, options)
  const good = minScore === undefined ? found.matches : found.matches.filter(({ score }) => score >= minScore)
  return {
    matches: good.map((match) => foundMatch(match, shape)),
    ...usageAndRoute(route, embeddingTokens, found.readUnits),
  }
}

function askedInWords({ routing }: TenantRoute, ask: Question['ask']): AskedInWords | undefined {
  if (routing.phase === 'steady' || !('query' in ask)) return undefined
  const { active, follower } = routing
  return isSameSpace(active.vectors, follower.vectors) ? undefined : { text: ask.query, other: follower.vectors }
}

function usageAndRoute(
  { tier, routing }: TenantRoute,
  embeddingTokens: number | undefined,
  readUnits: number | undefined,
): Pick<RetrieveAnswer, 'usage' | 'route'> {
  return {
    usage: {
      ...(embeddingTokens !== undefined && { embeddingTokens }),
      ...(readUnits !== undefined && { readUnits }),
    },
    route: { tier, generation: routing.active.generation },
  }
}
