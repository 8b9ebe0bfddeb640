import type { TenantRoute } from '../../placement/phase.ts'
import type { PlaceKind, Tier } from '../../placement/placement.ts'
import type { Filter } from '../../stores/store.ts'
import type { Question } from './question.ts'
import type { Refinement } from './refinement.ts'
import type { SearchNote } from './search-note.ts'
import type { StageNote } from './trace.ts'

/** How an answer came about. It names no index and no namespace: apps never see those. */
export interface Explanation {
  /** The question as understood, with defaults. */
  readonly asked: {
    readonly query?: string
    /** The vector's dimension. */
    readonly vector?: number
    readonly topK: number
    readonly minScore?: number
    readonly filter?: Filter
  } & Partial<Omit<Refinement, 'explain'>>
  /** The filter sent to the store, including the caller's groups. */
  readonly filter: Filter
  readonly place: {
    readonly tier: Tier
    readonly generation: number
    readonly kind: PlaceKind
    readonly why: string
  }
  readonly embeddingModel: string
  readonly search: SearchNote
  /** In sequence, except `dense` and `sparse`, which may run concurrently. */
  readonly stages: readonly StageNote[]
}

export function explain(parts: {
  readonly question: Question
  readonly refinement: Refinement
  readonly filter: Filter
  readonly route: TenantRoute
  readonly search: SearchNote
  readonly stages: readonly StageNote[]
}): Explanation {
  const { question, route, filter, search, stages } = parts
  const { ask, topK, minScore } = question
  const { generation, kind, vectors } = route.routing.active
  const { explain: _, hybrid, rerank, groupSize, ...always } = parts.refinement
  return {
    asked: {
      ...('query' in ask ? { query: ask.query } : { vector: ask.vector.length }),
      topK,
      ...(minScore !== undefined && { minScore }),
      ...(question.filter !== undefined && { filter: question.filter }),
      ...(hybrid && { hybrid }),
      ...(rerank && { rerank }),
      ...(groupSize !== undefined && { groupSize }),
      ...always,
    },
    filter,
    place: { tier: route.tier, generation, kind, why: whyHere(route) },
    embeddingModel: vectors.model,
    search,
    stages,
  }
}

function whyHere({ tier, routing }: TenantRoute): string {
  const { kind } = routing.active
  const home =
    kind === 'silo'
      ? 'The tenant has an index of its own.'
      : tier === 'enterprise'
        ? 'The tenant is enterprise and still shares an index: it awaits its promotion.'
        : 'The tenant is standard and shares an index, in a part that is its own.'
  if (routing.phase === 'steady') return home
  return routing.phase === 'soak' || routing.phase === 'flip'
    ? `${home} It was moved here; the place before is still kept.`
    : `${home} It is being moved, and read here until the switch.`
}
