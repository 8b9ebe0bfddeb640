import type { TenantPrincipal } from '../../auth/principal.ts'
import type { TenantEmbedders } from '../../models/embedder.ts'
import type { Reranker } from '../../models/reranker.ts'
import type { TenantRoute } from '../../placement/phase.ts'
import type { CallOptions, TenantStore } from '../../stores/store.ts'
import { narrowed } from '../checks/check-filter.ts'
import { type RecordShape, shapeOf } from '../checks/record-shape.ts'
import type { SearchSettings } from '../search-settings.ts'
import type { Candidate } from '../stages/candidate.ts'
import { diversify } from '../stages/diversify.ts'
import { groupByDocument, type MatchGroup } from '../stages/group.ts'
import { type BelieveEmptyDeps, believeEmpty } from './believe-empty.ts'
import { expand } from './expand.ts'
import { type Explanation, explain } from './explain.ts'
import { foundMatch, type Match } from './match.ts'
import type { Question } from './question.ts'
import { netOf, type Refinement } from './refinement.ts'
import { rerank } from './rerank.ts'
import { search } from './search.ts'
import type { SearchNote } from './search-note.ts'
import type { Trace } from './trace.ts'

export interface RefineDeps extends BelieveEmptyDeps {
  readonly reranker: Reranker
  readonly embedders: TenantEmbedders
  readonly settings: BelieveEmptyDeps['settings'] & SearchSettings
}

export interface RefinedAnswer {
  readonly matches: readonly Match[]
  readonly groups?: readonly MatchGroup[]
  readonly search: SearchNote
  readonly explain?: Explanation
  readonly readUnits: number | undefined
}

/** A question in progress, with its words embedded. */
export interface Refined {
  readonly principal: TenantPrincipal
  readonly route: TenantRoute
  readonly store: TenantStore
  readonly question: Question
  readonly refinement: Refinement
  readonly vector: readonly number[]
}

/**
 * Searches widely, then reranks, drops low scores, diversifies, groups and cuts, and adds neighbours. The visibility
 * filter is in every query and is checked again for records fetched by id, so no stage can add what the search could
 * not.
 *
 * @throws AppError `rerank_unavailable`, and as `retrieve` does.
 */
export async function refinedAnswer(
  deps: RefineDeps,
  { principal, route, store, question, refinement, vector }: Refined,
  trace: Trace,
  options: CallOptions,
): Promise<RefinedAnswer> {
  const { ask, topK, minScore, includeValues } = question
  const { hybrid, diversity } = refinement
  const query = 'query' in ask ? ask.query : undefined
  const shape = shapeOf(route)
  const filter = narrowed(question.filter, principal.groups, shape.visibility)
  const net = { net: netOf(topK, refinement), least: topK, withValues: includeValues || diversity > 0 }
  const { vectors } = route.routing.active
  const words = query === undefined ? undefined : deps.embedders.of(vectors).words
  const storeKnowsWords = vectors.metric === 'dotproduct'
  const how = { hybrid, storeKnowsWords, words, shape }
  const found = await search(store, { vector, query, filter, ...net, ...how }, trace, options)
  if (found.candidates.length === 0) await believeEmpty(deps, store, options)

  let { candidates } = found
  let reranker: string | null | undefined
  if (refinement.rerank !== undefined && query !== undefined) {
    const startedMs = performance.now()
    const reranked = await rerank(deps.reranker, query, { found: candidates, shape }, refinement.rerank, options)
    ;({ candidates, by: reranker } = reranked)
    trace.note('rerank', startedMs, candidates.length)
  }
  const good = minScore === undefined ? candidates : candidates.filter(({ score }) => score >= minScore)
  const spread = diversity === 0 ? good : timed(trace, 'diversify', () => diversify(good, diversity))

  const all = spread.map((candidate) => matchOf(candidate, includeValues, shape))
  const { matches: picked, groups } = cut(all, topK, refinement.groupSize)
  let matches: readonly Match[] = picked
  if (refinement.expand > 0) {
    const startedMs = performance.now()
    matches = await expand(store, { groups: principal.groups, shape }, picked, refinement.expand, options)
    trace.note('expand', startedMs, matches.length)
  }

  const note: SearchNote = {
    mode: hybrid === undefined ? 'dense' : 'hybrid',
    ...(hybrid && { lexical: storeKnowsWords ? ('store' as const) : ('candidates' as const) }),
    ...(reranker !== undefined && { reranker }),
    score: reranker ? 'rerank' : hybrid ? 'fused' : 'similarity',
  }
  const explained = { question, refinement, filter, route, search: note }
  return {
    matches,
    ...(groups && { groups }),
    search: note,
    ...(refinement.explain && { explain: explain({ ...explained, stages: trace.stages }) }),
    readUnits: found.readUnits,
  }
}

/** The match of a candidate. A single score is in `score` already; values that only a stage needed are left out. */
function matchOf({ found, score, scores }: Candidate, includeValues: boolean, shape: RecordShape): Match {
  const { values, ...rest } = found
  const match = foundMatch({ ...rest, score, ...(includeValues && values !== undefined && { values }) }, shape)
  return Object.keys(scores).length > 1 ? { ...match, scores } : match
}

function cut(
  matches: readonly Match[],
  topK: number,
  groupSize: number | undefined,
): { readonly matches: readonly Match[]; readonly groups?: readonly MatchGroup[] } {
  if (groupSize === undefined) return { matches: matches.slice(0, topK) }
  return groupByDocument(matches, { groups: topK, size: groupSize })
}

function timed(trace: Trace, stage: string, work: () => Candidate[]): Candidate[] {
  const startedMs = performance.now()
  const done = work()
  trace.note(stage, startedMs, done.length)
  return done
}
