import { AppError } from '../../errors.ts'
import type { TenantStore } from '../../stores/store.ts'
import type { Replay } from '../state/verification.ts'

const topK = 10
const atOnce = 4

/**
 * Sends the same queries to both places. An index is approximate, and the app keeps writing, so slightly less than 1 is
 * no fault: the records themselves have been compared.
 *
 * @returns undefined without queries, or when the store did not answer them all: the report then leaves it out.
 */
export async function replayQueries(
  source: TenantStore,
  target: TenantStore,
  vectors: readonly (readonly number[])[],
  signal: AbortSignal,
): Promise<Replay | undefined> {
  if (vectors.length === 0) return undefined
  const overlaps: number[] = []
  const queue = vectors.values()
  const ask = async () => {
    for (const vector of queue) overlaps.push(await overlapOf(source, target, vector, signal))
  }
  try {
    await Promise.all(Array.from({ length: atOnce }, ask))
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
  const sum = overlaps.reduce((total, one) => total + one, 0)
  return {
    queries: overlaps.length,
    meanOverlapAt10: Number((sum / overlaps.length).toFixed(4)),
    leastOverlapAt10: Math.min(...overlaps),
  }
}

async function overlapOf(source: TenantStore, target: TenantStore, vector: readonly number[], signal: AbortSignal) {
  const question = { vector, topK, includeMetadata: false, includeValues: false }
  const [before, after] = await Promise.all([source, target].map((store) => store.query(question, { signal })))
  const expected = new Set(before?.matches.map(({ id }) => id))
  const found = new Set(after?.matches.map(({ id }) => id))
  // Two empty answers are alike.
  return expected.size === 0 ? (found.size === 0 ? 1 : 0) : expected.intersection(found).size / expected.size
}
