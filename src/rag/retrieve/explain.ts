import type { TenantRoute } from '../../placement/phase.ts'
import type { PlaceKind, Tier } from '../../placement/placement.ts'
import type { Filter } from '../../stores/store.ts'
import type { Question } from './question.ts'
import type { Refinement } from './refinement.ts'
import type { SearchNote } from './search-note.ts'
import type { StageNote } from './trace.ts'

/** Why an answer is what it is. It names no index and no namespace: apps never see those. */
export interface Explanation {
  /** The question as it was understood, defaults filled in. */
  readonly asked: {
    readonly query?: string
    /** Its dimension stands for a vector. */
    readonly vector?: number
    readonly topK: number
    readonly minScore?: number
    readonly filter?: Filter
  } & Partial<Omit<Refinement, 'explain'>>
  /** What was sent to the store, with the caller's groups in it. */
  readonly filter: Filter
  readonly place: {
    readonly tier: Tier
    readonly generation: number
    readonly kind: PlaceKind
    readonly why: string
  }
  readonly embeddingModel: string
  readonly search: SearchNote
  /** One after another but for `dense` and `sparse`, which may be at once. */
  readonly stages: readonly StageNote[]
}

export function explain(parts: {
  readonly question: Question
  readonly refinement: Refinement
  readonly filter: Filter
  readonly route: TenantRoute
  readonly embeddingModel: string
  readonly search: SearchNote
  readonly stages: readonly StageNote[]
}): Explanation {
  const { question, route, filter, embeddingModel, search, stages } = parts
  const { ask, topK, minScore } = question
  const { generation, kind } = route.routing.active
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
    ...{ embeddingModel, search, stages },
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
