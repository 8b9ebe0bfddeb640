import type { FaultList } from '../../fault-list.ts'

/** Options beyond the plain search. */
export interface RefineInput {
  readonly mode?: string | undefined
  readonly weights?: { readonly dense?: number | undefined; readonly sparse?: number | undefined } | undefined
  readonly rerank?:
    | boolean
    | {
        readonly topN?: number | undefined
        readonly candidates?: number | undefined
        readonly optional?: boolean | undefined
      }
    | undefined
  readonly expand?: number | undefined
  readonly diversity?: number | undefined
  readonly group?: string | undefined
  readonly groupSize?: number | undefined
  readonly explain?: boolean | undefined
}

/** The stages of a question after, or instead of, the plain search. */
export interface Refinement {
  /** Hybrid search, with the weights of its two lists. */
  readonly hybrid: { readonly dense: number; readonly sparse: number } | undefined
  readonly rerank: { readonly candidates: number; readonly optional: boolean } | undefined
  /** Chunks before and after each match; 0: none. */
  readonly expand: number
  /** From 0, only similarity counts, to 1, only difference counts. */
  readonly diversity: number
  /** Matches of one document, at most, which are then returned together; undefined: not grouped. */
  readonly groupSize: number | undefined
  readonly explain: boolean
}

const expandMax = 5
/** Matches times `expand`, at most: each adds two records to fetch. */
const expandedMax = 100
const groupSizeMax = 10
const groupSizeDefault = 3
const matchesMax = 100
export const rerankMax = 200
/** Typical for cross-encoders: about 0.1 s on their hardware. */
const rerankDefault = 50

/**
 * Validates the options.
 * @param has `words`: there is a text to search by; `topK`: of the answer.
 * @returns undefined without options: the plain search does no more than it has to.
 */
export function checkRefinement(
  input: RefineInput,
  has: { readonly words: boolean; readonly topK: number },
  faults: FaultList,
): Refinement | undefined {
  if (isPlain(input)) return undefined
  const { mode = 'dense', rerank = false, expand = 0, diversity = 0, group, groupSize, explain = false } = input
  if (mode !== 'dense' && mode !== 'hybrid') faults.add('mode', 'must be dense or hybrid')
  if (mode === 'hybrid' && !has.words) faults.add('mode', 'hybrid needs `query`: a vector has no words')
  if (rerank !== false && !has.words) faults.add('rerank', 'needs `query`: a vector has no words')
  if (input.weights !== undefined && mode !== 'hybrid') faults.add('weights', 'are of mode hybrid')
  const weights = { dense: input.weights?.dense ?? 1, sparse: input.weights?.sparse ?? 1 }
  checkWeights(weights, faults)
  if (!(diversity >= 0 && diversity <= 1)) faults.add('diversity', 'must be a number from 0 to 1')
  const perTopK = group === undefined ? 1 : (groupSize ?? groupSizeDefault)
  checkGroup(group, groupSize, perTopK * has.topK, faults)
  if (!Number.isInteger(expand) || expand < 0 || expand > expandMax) {
    faults.add('expand', `must be a whole number from 0 to ${expandMax}`)
  } else if (expand * perTopK * has.topK > expandedMax) {
    faults.add('expand', `times the matches asked for must be at most ${expandedMax}`)
  }
  const reranking = rerank === false ? undefined : checkRerank(rerank === true ? {} : rerank, has.topK, faults)
  const hybrid = mode === 'hybrid'
  const plain = !hybrid && reranking === undefined && expand === 0 && diversity === 0 && group === undefined
  if (plain && !explain) return undefined
  return {
    hybrid: hybrid ? weights : undefined,
    rerank: reranking,
    expand,
    diversity,
    groupSize: group === undefined ? undefined : perTopK,
    explain,
  }
}

/** Candidates that the search must find for the stages to have a choice. */
export function netOf(topK: number, { hybrid, rerank, diversity, groupSize }: Refinement): number {
  return Math.max(
    topK,
    hybrid === undefined && groupSize === undefined ? 0 : Math.max(100, 10 * topK),
    rerank?.candidates ?? 0,
    diversity === 0 ? 0 : Math.max(50, 4 * topK),
  )
}

/** Whether no option is set. Most questions are plain, and pay nothing for the stages. */
function isPlain({ mode, weights, rerank, expand, diversity, group, groupSize, explain }: RefineInput): boolean {
  return (
    (mode === undefined || mode === 'dense') &&
    (rerank === undefined || rerank === false) &&
    (expand === undefined || expand === 0) &&
    (diversity === undefined || diversity === 0) &&
    (explain === undefined || explain === false) &&
    weights === undefined &&
    group === undefined &&
    groupSize === undefined
  )
}

function checkWeights({ dense, sparse }: { dense: number; sparse: number }, faults: FaultList): void {
  for (const [name, weight] of Object.entries({ dense, sparse })) {
    if (!(weight >= 0 && weight <= 1_000)) faults.add(`weights.${name}`, 'must be a number from 0 to 1000')
  }
  if (dense === 0 && sparse === 0) faults.add('weights', 'must not both be 0')
}

function checkGroup(group: string | undefined, size: number | undefined, matches: number, faults: FaultList): void {
  if (group !== undefined && group !== 'document') faults.add('group', 'must be document')
  if (size === undefined) return
  if (group === undefined) faults.add('groupSize', 'needs `group`')
  if (!Number.isInteger(size) || size < 1 || size > groupSizeMax) {
    faults.add('groupSize', `must be a whole number from 1 to ${groupSizeMax}`)
  } else if (matches > matchesMax) faults.add('groupSize', `times topK must be at most ${matchesMax}`)
}

function checkRerank(
  {
    candidates,
    optional = false,
  }: { readonly candidates?: number | undefined; readonly optional?: boolean | undefined },
  topK: number,
  faults: FaultList,
): Refinement['rerank'] {
  const given = candidates ?? Math.max(topK, rerankDefault)
  if (!Number.isInteger(given) || given < topK || given > rerankMax) {
    faults.add('rerank.candidates', `must be a whole number from topK to ${rerankMax}`)
  }
  return { candidates: given, optional }
}
