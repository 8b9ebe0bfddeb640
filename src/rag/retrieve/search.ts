import { isAppError } from '../../errors.ts'
import { bm25 } from '../../lexical/bm25.ts'
import { sparseQuery } from '../../lexical/sparse.ts'
import type { WordVectors } from '../../lexical/word-vectors.ts'
import type { CallOptions, Filter, QueryAnswer, QueryInput, QueryMatch, TenantStore } from '../../stores/store.ts'
import type { RecordShape } from '../checks/record-shape.ts'
import { indexMustBeThere } from '../index-gone.ts'
import { type Candidate, type Scores, textOf } from '../stages/candidate.ts'
import { fuse } from '../stages/fuse.ts'
import { rankRelated } from '../stages/rank-related.ts'
import type { Refinement } from './refinement.ts'
import type { Trace } from './trace.ts'

export interface SearchInput {
  readonly vector: readonly number[]
  /** The words of a hybrid search. */
  readonly query: string | undefined
  /** The visibility filter; every query carries it. */
  readonly filter: Filter
  /** Candidates to find, and how few still suffice. */
  readonly net: number
  readonly least: number
  readonly withValues: boolean
  readonly hybrid: Refinement['hybrid']
  /** Whether chunks are stored with sparse values. */
  readonly storeKnowsWords: boolean
  /** Related words, where known: both scores can then be added. */
  readonly words: WordVectors | undefined
  readonly shape: RecordShape
}

export interface SearchAnswer {
  /** Best first. */
  readonly candidates: readonly Candidate[]
  readonly readUnits: number | undefined
}

/** Finds the records nearest to a question, in a net wide enough for the later stages. */
export async function search(
  store: TenantStore,
  input: SearchInput,
  trace: Trace,
  options: CallOptions,
): Promise<SearchAnswer> {
  const { hybrid, query } = input
  if (hybrid === undefined || query === undefined) {
    const found = await queryDense(store, input, trace, options)
    return { candidates: found.matches.map(byDense), readUnits: found.readUnits }
  }
  if (!input.storeKnowsWords) {
    const dense = await queryDense(store, input, trace, options)
    const startedMs = performance.now()
    const candidates = ranked(input, query, hybrid, dense.matches, undefined)
    trace.note('fuse', startedMs, candidates.length)
    return { candidates, readUnits: dense.readUnits }
  }
  const [dense, sparse] = await Promise.all([
    queryDense(store, input, trace, options),
    querySparse(store, query, input, trace, options),
  ])
  const startedMs = performance.now()
  const candidates = ranked(input, query, hybrid, dense.matches, sparse.matches)
  trace.note('fuse', startedMs, candidates.length)
  return { candidates, readUnits: sumOf(dense.readUnits, sparse.readUnits) }
}

function ranked(
  { words, shape }: SearchInput,
  query: string,
  weights: NonNullable<Refinement['hybrid']>,
  near: readonly QueryMatch[],
  worded: readonly QueryMatch[] | undefined,
): Candidate[] {
  if (words !== undefined) return rankRelated(query, weights, { words, shape }, near, worded)
  return fused(weights, near, worded ?? rankByWords(query, near, shape))
}

function byDense(found: QueryMatch): Candidate {
  return { found, score: found.score, scores: { dense: found.score } }
}

async function queryDense(store: TenantStore, input: SearchInput, trace: Trace, options: CallOptions) {
  const startedMs = performance.now()
  const found = await queryWide(store, { vector: input.vector }, input, options)
  trace.note('dense', startedMs, found.matches.length)
  return found
}

/**
 * Searches by words alone: the dense half is all zeros, the sparse end of the vendor's weighting (docs.pinecone.io,
 * "Run hybrid search on a single index", alpha 0). A record without a common word scores 0 and is dropped.
 */
async function querySparse(
  store: TenantStore,
  query: string,
  input: SearchInput,
  trace: Trace,
  options: CallOptions,
): Promise<QueryAnswer> {
  const startedMs = performance.now()
  const sparseVector = sparseQuery(query)
  if (sparseVector === undefined) return { matches: [] }
  const vector = input.vector.map(() => 0)
  const found = await queryWide(store, { vector, sparseVector }, input, options)
  const matches = found.matches.filter(({ score }) => score > 0)
  trace.note('sparse', startedMs, matches.length)
  return { ...found, matches }
}

/** Queries with a narrower net where a wide one exceeds the vendor's limit of 4 MB an answer. */
async function queryWide(
  store: TenantStore,
  by: Pick<QueryInput, 'vector' | 'sparseVector'>,
  { net, least, filter, withValues: includeValues }: SearchInput,
  options: CallOptions,
): Promise<QueryAnswer> {
  for (let topK = net; ; topK = Math.max(least, Math.ceil(topK / 3))) {
    try {
      return await indexMustBeThere(store.query({ ...by, topK, filter, includeValues, includeMetadata: true }, options))
    } catch (error) {
      const tooLarge = isAppError(error, 'invalid_request') && /size/i.test(error.message)
      if (!tooLarge || topK <= least) throw error
    }
  }
}

/** The candidates that share words with the query, by BM25 over their texts. */
function rankByWords(query: string, matches: readonly QueryMatch[], shape: RecordShape): QueryMatch[] {
  const texts = matches.map((found) => textOf(byDense(found), shape) ?? '')
  const scores = bm25(query, texts)
  return matches
    .map((found, at) => ({ ...found, score: scores[at] ?? 0 }))
    .filter(({ score }) => score > 0)
    .toSorted((left, right) => right.score - left.score)
}

function fused(
  { dense, sparse }: NonNullable<Refinement['hybrid']>,
  byVector: readonly QueryMatch[],
  byWords: readonly QueryMatch[],
): Candidate[] {
  const idsOf = (matches: readonly QueryMatch[]) => matches.map(({ id }) => id)
  const near = new Map(byVector.map((found) => [found.id, found]))
  const worded = new Map(byWords.map((found) => [found.id, found]))
  const order = fuse([
    { weight: dense, ids: idsOf(byVector) },
    { weight: sparse, ids: idsOf(byWords) },
  ])
  return order.flatMap(([id, score]) => {
    const found = near.get(id) ?? worded.get(id)
    if (found === undefined) return []
    const [similarity, words] = [near.get(id)?.score, worded.get(id)?.score]
    const scores: Scores = {
      ...(similarity !== undefined && { dense: similarity }),
      ...(words !== undefined && { sparse: words }),
      fused: score,
    }
    return [{ found, score, scores }]
  })
}

function sumOf(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined && right === undefined ? undefined : (left ?? 0) + (right ?? 0)
}
