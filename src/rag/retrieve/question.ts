import type { TenantPrincipal } from '../../auth/principal.ts'
import { AppError } from '../../errors.ts'
import { FaultList } from '../../fault-list.ts'
import type { VectorSpace } from '../../placement/placement.ts'
import type { Filter } from '../../stores/store.ts'
import { checkFilter } from '../checks/check-filter.ts'
import { checkValues } from '../checks/check-records.ts'
import type { NamedVectors } from '../checks/named-model.ts'
import type { SearchSettings } from '../search-settings.ts'
import { checkRefinement, type RefineInput, type Refinement } from './refinement.ts'

/** Either `query` or `vector`. */
export interface RetrieveInput extends RefineInput, NamedVectors {
  readonly query?: string | undefined
  readonly vector?: readonly number[] | undefined
  /** 1–100, default `rerank.topN` or else 5. */
  readonly topK?: number | undefined
  readonly filter?: unknown
  readonly minScore?: number | undefined
  readonly includeValues?: boolean | undefined
}

/** A validated question. */
export interface Question {
  readonly ask: { readonly query: string } | { readonly vector: readonly number[] }
  /** Matches, or groups of them, at most. */
  readonly topK: number
  readonly filter: Filter | undefined
  readonly minScore: number | undefined
  readonly includeValues: boolean
  /** Undefined: the plain dense search. */
  readonly refinement: Refinement | undefined
}

export const topKMax = 100
export const queryMax = 8_000
const topKDefault = 5

export interface QuestionDeps {
  readonly settings: SearchSettings
}

/**
 * @param vectors of the place that is asked.
 * @throws AppError `invalid_request` with every fault at once.
 */
export function checkQuestion(asked: RetrieveInput, { settings }: QuestionDeps, vectors: VectorSpace): Question {
  const isInWords = asked.query !== undefined
  const input = asked.mode === undefined && isInWords ? { ...asked, mode: settings.retrieveMode } : asked
  const faults = new FaultList()
  const { query, vector, minScore, includeValues = false } = input
  if ((query === undefined) === (vector === undefined)) faults.add('query', 'give exactly one of query and vector')
  // Two spellings of one text get one vector and one cached answer.
  const text = query?.normalize('NFC').trim()
  if (text === '') faults.add('query', 'must not be blank')
  if (text !== undefined && text.length > queryMax) faults.add('query', `must be at most ${queryMax} characters`)
  if (vector !== undefined) checkValues(vector, vectors.dimension, 'vector', faults)
  const topK = checkTopK(input, faults)
  if (minScore !== undefined && !Number.isFinite(minScore)) faults.add('minScore', 'must be a number')
  const filter = checkFilter(input.filter, 'filter', faults)
  const refinement = checkRefinement(input, { words: query !== undefined, topK }, faults)
  faults.check()
  const ask = vector === undefined ? { query: text ?? '' } : { vector }
  return { ask, topK, filter, minScore, includeValues, refinement }
}

/**
 * Refuses explanations without their scope: they show how the service works, and are for an app's developers instead of
 * its users.
 * @throws AppError `forbidden`
 */
export function checkMayExplain({ scopes }: TenantPrincipal, { refinement }: Question): void {
  if (refinement?.explain !== true || scopes.has('rag:explain')) return
  throw new AppError('forbidden', 'The token lacks the scope rag:explain, which `explain` needs.')
}

/** Validates both limits. As in Pinecone, `topK` is what is searched and `rerank.topN` what is returned. */
function checkTopK({ topK: given, rerank }: RetrieveInput, faults: FaultList): number {
  const topN = typeof rerank === 'object' ? rerank.topN : undefined
  const topK = given ?? topN ?? topKDefault
  if (!Number.isInteger(topK) || topK < 1 || topK > topKMax) {
    faults.add('topK', `must be a whole number from 1 to ${topKMax}`)
  }
  if (topN === undefined) return topK
  if (!Number.isInteger(topN) || topN < 1 || topN > topK)
    faults.add('rerank.topN', 'must be a whole number from 1 to topK')
  return topN
}
