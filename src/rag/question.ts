import type { Filter } from '../stores/store.ts'
import { checkFilter } from './check-filter.ts'
import { checkValues } from './check-records.ts'
import { Faults } from './faults.ts'

/** Either `query` or `vector`. */
export interface RetrieveInput {
  readonly query?: string | undefined
  readonly vector?: readonly number[] | undefined
  /** 1–100, default 5. */
  readonly topK?: number | undefined
  readonly filter?: unknown
  readonly minScore?: number | undefined
  readonly includeValues?: boolean | undefined
  readonly mode?: string | undefined
}

/** A checked question. */
export interface Question {
  readonly ask: { readonly query: string } | { readonly vector: readonly number[] }
  readonly topK: number
  readonly filter: Filter | undefined
  readonly minScore: number | undefined
  readonly includeValues: boolean
}

export const topKMax = 100
export const queryMax = 8_000
const topKDefault = 5

/** @throws AppError `invalid_request` with every fault at once. */
export function checkQuestion(input: RetrieveInput, dimension: number): Question {
  const faults = new Faults()
  const { query, vector, topK = topKDefault, minScore, includeValues = false } = input
  if ((query === undefined) === (vector === undefined)) faults.add('query', 'give exactly one of query and vector')
  // Two spellings of one text get one vector and one cached answer.
  const text = query?.normalize('NFC').trim()
  if (text === '') faults.add('query', 'must not be blank')
  if (text !== undefined && text.length > queryMax) faults.add('query', `must be at most ${queryMax} characters`)
  if (vector !== undefined) checkValues(vector, dimension, 'vector', faults)
  if (!Number.isInteger(topK) || topK < 1 || topK > topKMax) {
    faults.add('topK', `must be a whole number from 1 to ${topKMax}`)
  }
  if (minScore !== undefined && !Number.isFinite(minScore)) faults.add('minScore', 'must be a number')
  if (input.mode !== undefined && input.mode !== 'dense') faults.add('mode', 'must be dense: there is no other yet')
  const filter = checkFilter(input.filter, 'filter', faults)
  faults.check()
  return { ask: vector === undefined ? { query: text ?? '' } : { vector }, topK, filter, minScore, includeValues }
}
