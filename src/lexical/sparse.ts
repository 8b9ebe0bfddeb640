import { termWeight } from './bm25.ts'
import { queryTerms } from './query-terms.ts'
import { countTerms } from './terms.ts'

/** The store's form: one weight per term, terms by number. */
export interface SparseVector {
  readonly indices: number[]
  readonly values: number[]
}

/**
 * Terms of a typical chunk. It is fixed, since a chunk's vector is made when it is stored and must not depend on other
 * chunks. BM25 uses the average; a constant near it only shifts which texts count as long.
 */
const usualLength = 150
/** The vendor accepts 2,048 (docs: sparse vectors); a chunk has a few hundred. */
const termsMax = 1_000

/**
 * A text's half of BM25: the weight of each of its terms. The other half, term rarity, cannot be known from one text.
 * Undefined: the text contains no word.
 */
export function sparseText(text: string): SparseVector | undefined {
  const counts = countTerms(text)
  let length = 0
  for (const count of counts.values()) length += count
  const weights = new Map<number, number>()
  for (const [term, count] of counts) {
    if (weights.size >= termsMax) break
    // Two terms of one number are one, as rare as that is: their weights add up.
    const index = termNumber(term)
    weights.set(index, (weights.get(index) ?? 0) + termWeight(count, length, usualLength))
  }
  return weights.size === 0 ? undefined : { indices: [...weights.keys()], values: [...weights.values()] }
}

/** A question's vector: each content word weighs 1, so that the product with a text's vector is BM25 without rarity. */
export function sparseQuery(query: string): SparseVector | undefined {
  const indices = [...new Set(queryTerms(query).slice(0, termsMax).map(termNumber))]
  return indices.length === 0 ? undefined : { indices, values: indices.map(() => 1) }
}

/** FNV-1a over the UTF-16 code units, 32 bits: stable across processes and versions. */
function termNumber(term: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < term.length; at++) {
    const unit = term.charCodeAt(at)
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193)
    hash = Math.imul(hash ^ (unit >> 8), 0x01000193)
  }
  return hash >>> 0
}
