import type { TenantPrincipal } from '../../auth/principal.ts'
import type { ResultCache } from '../../cache/result-cache.ts'
import { answerKey, type TenantScopedKey } from '../../cache/tenant-scoped-key.ts'
import { FaultList } from '../../fault-list.ts'
import type { TenantAnswerer } from '../../models/answerer.ts'
import type { TenantRoute } from '../../placement/phase.ts'
import { countTokens } from '../chunks/count-tokens.ts'
import { retrievalKeyParts } from '../retrieve/cached-retrieve.ts'
import type { AskOptions } from '../retrieve/embed-query.ts'
import { checkQuestion, type Question, type RetrieveInput } from '../retrieve/question.ts'
import { answerQuestion, type RetrieveAnswer, type RetrieveDeps } from '../retrieve/retrieve.ts'
import { type AnswerSource, chooseSources } from './answer-sources.ts'
import { promptVersion } from './prompt.ts'

export interface AnswerDeps extends RetrieveDeps {
  readonly cache: ResultCache
  readonly answerer: TenantAnswerer
  readonly answerSettings: {
    /** Tokens that the sources may take of what the model reads. */
    readonly contextTokens: number
  }
}

/** What `retrieve` takes for a question in words, as far as it decides what is found. */
export interface AnswerInput
  extends Pick<RetrieveInput, 'topK' | 'filter' | 'minScore' | 'mode' | 'weights' | 'rerank' | 'expand' | 'diversity'> {
  readonly question: string
}

/** A question that is checked, and where its tenant lives now. */
export interface Asked {
  readonly text: string
  readonly question: Question
  readonly route: TenantRoute
  readonly key: TenantScopedKey
  /** Postgres is away: searched is where the tenant lived when that was last known. */
  readonly stale: boolean
}

/** The route is looked up first, so that a tenant that is suspended, gone or moved never gets a kept answer. */
export async function ask(deps: AnswerDeps, principal: TenantPrincipal, input: AnswerInput): Promise<Asked> {
  const { question: words, ...how } = input
  const faults = new FaultList()
  if (words.trim() === '') faults.add('question', 'must not be blank')
  faults.check()
  const question = checkQuestion({ ...how, query: words }, deps)
  const route = await deps.routes.find(principal.tenantId)
  const key = answerKey({
    ...retrievalKeyParts(route, deps.embedder.model, principal, question),
    ...{ answerModel: deps.answerer.model, promptVersion, contextTokens: deps.answerSettings.contextTokens },
  })
  const text = 'query' in question.ask ? question.ask.query : words
  return { text, question, route, key, stale: route.stale === true }
}

export interface Found extends Pick<RetrieveAnswer, 'usage' | 'route'> {
  readonly sources: readonly AnswerSource[]
  /** How near the question each source is in meaning, by its id. */
  readonly similarity: ReadonlyMap<string, number>
  /** It had to do without its reranker, so what comes of it is not kept. */
  readonly isMakeshift: boolean
}

/**
 * What the answer may be written from: found now, not taken from kept results, so that an answer is kept no longer
 * than one time to live after its sources were read.
 */
export async function findSources(
  deps: AnswerDeps,
  principal: TenantPrincipal,
  { question, route: place }: Asked,
  options: AskOptions,
): Promise<Found> {
  const { matches, usage, route, search } = await answerQuestion(deps, principal, place, question, options)
  const sources = await chooseSources(matches, deps.answerSettings.contextTokens, countTokens)
  const near = matches.flatMap(({ id, score, scores }) => {
    const similarity = scores?.dense ?? (search === undefined || search.score === 'similarity' ? score : undefined)
    return similarity === undefined ? [] : [[id, similarity] as const]
  })
  return { sources, similarity: new Map(near), usage, route, isMakeshift: search?.reranker === null }
}
