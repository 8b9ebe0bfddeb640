import type { TenantPrincipal } from '../../auth/principal.ts'
import type { ResultCache } from '../../cache/result-cache.ts'
import { answerKey, type TenantScopedKey } from '../../cache/tenant-scoped-key.ts'
import { FaultList } from '../../fault-list.ts'
import type { TenantAnswerer } from '../../models/answerer.ts'
import type { TenantRoute } from '../../placement/phase.ts'
import { countTokens } from '../chunks/count-tokens.ts'
import type { AskOptions } from '../retrieve/embed-query.ts'
import { checkQuestion, type Question, type RetrieveInput } from '../retrieve/question.ts'
import { retrievalKeyParts } from '../retrieve/retrieve.ts'
import { type RetrieveAnswer, type SearchTenantDeps, searchTenant } from '../retrieve/search-tenant.ts'
import { type AnswerSource, chooseSources } from './answer-sources.ts'
import { promptVersion } from './prompt.ts'

export interface AnswerDeps extends SearchTenantDeps {
  readonly cache: ResultCache
  readonly answerer: TenantAnswerer
  readonly answerSettings: {
    /** Token budget of the sources in the model's prompt. */
    readonly contextTokens: number
  }
}

/** The fields of `retrieve`'s input for a question in words that decide what is found. */
export interface AnswerInput
  extends Pick<RetrieveInput, 'topK' | 'filter' | 'minScore' | 'mode' | 'weights' | 'rerank' | 'expand' | 'diversity'> {
  readonly question: string
}

/** A validated question, with its tenant's present place. */
export interface Asked {
  readonly text: string
  readonly question: Question
  readonly route: TenantRoute
  readonly key: TenantScopedKey
  /** Postgres is unavailable: the search used the last known place. */
  readonly stale: boolean
}

/** Looks the route up first, so that a tenant that is suspended, gone or moved never gets a cached answer. */
export async function findPassages(deps: AnswerDeps, principal: TenantPrincipal, input: AnswerInput): Promise<Asked> {
  const { question: words, ...how } = input
  const faults = new FaultList()
  if (words.trim() === '') faults.add('question', 'must not be blank')
  faults.check()
  const route = await deps.routes.find(principal.tenantId)
  const question = checkQuestion({ ...how, query: words }, deps, route.routing.active.vectors)
  const key = answerKey({
    ...retrievalKeyParts(route, principal, question),
    answerModel: deps.answerer.model,
    promptVersion,
    contextTokens: deps.answerSettings.contextTokens,
  })
  const text = 'query' in question.ask ? question.ask.query : words
  return { text, question, route, key, stale: route.stale === true }
}

export interface FoundPassages extends Pick<RetrieveAnswer, 'usage' | 'route'> {
  readonly sources: readonly AnswerSource[]
  /** Similarity of each source to the question, by id. */
  readonly similarity: ReadonlyMap<string, number>
  /** Set when the reranker was unavailable, so that the answer is not cached. */
  readonly isMakeshift: boolean
}

/**
 * Finds the sources of an answer. It searches now instead of using cached results, so that an answer is cached no
 * longer than one time to live after its sources were read.
 */
export async function findSources(
  deps: AnswerDeps,
  principal: TenantPrincipal,
  { question, route: place }: Asked,
  options: AskOptions,
): Promise<FoundPassages> {
  const { matches, usage, route, search } = await searchTenant(deps, principal, place, question, options)
  const sources = await chooseSources(matches, deps.answerSettings.contextTokens, countTokens)
  const near = matches.flatMap(({ id, score, scores }) => {
    const similarity = scores?.dense ?? (search === undefined || search.score === 'similarity' ? score : undefined)
    return similarity === undefined ? [] : [[id, similarity] as const]
  })
  return { sources, similarity: new Map(near), usage, route, isMakeshift: search?.reranker === null }
}
