import { AppError } from '../../errors.ts'
import type { TenantStore } from '../../stores/store.ts'
import type { Replay } from '../state/verification.ts'
import type { QueryPair } from './recent-queries.ts'

const topK = 10
const atOnce = 4

/**
 * Sends the same queries to both places. An index is approximate, and the app keeps writing, so slightly less than 1 is
 * no fault: the records themselves have been compared. By another model the answers differ, which the report shows.
 *
 * @param queries each with its vector for the source and that for the target.
 * @returns undefined without queries, or when the store did not answer them all: the report then leaves it out.
 */
export async function replayQueries(
  source: TenantStore,
  target: TenantStore,
  queries: readonly QueryPair[],
  signal: AbortSignal,
): Promise<Replay | undefined> {
  if (queries.length === 0) return undefined
  const compared: Compared[] = []
  const queue = queries.values()
  const ask = async () => {
    for (const pair of queue) compared.push(await compareAnswers(source, target, pair, signal))
  }
  try {
    await Promise.all(Array.from({ length: atOnce }, ask))
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
  const overlaps = compared.map(({ overlap }) => overlap)
  const shifts = compared.flatMap((one) => one.shifts)
  return {
    queries: compared.length,
    meanOverlapAt10: meanOf(overlaps),
    leastOverlapAt10: Math.min(...overlaps),
    meanRankShift: shifts.length === 0 ? 0 : meanOf(shifts),
  }
}

interface Compared {
  readonly overlap: number
  /** By how many ranks each match that both have differs. */
  readonly shifts: readonly number[]
}

async function compareAnswers(
  source: TenantStore,
  target: TenantStore,
  { from, to }: QueryPair,
  signal: AbortSignal,
): Promise<Compared> {
  const ask = async (store: TenantStore, vector: readonly number[]) => {
    const question = { vector, topK, includeMetadata: false, includeValues: false }
    const { matches } = await store.query(question, { signal })
    return new Map(matches.map(({ id }, rank) => [id, rank]))
  }
  const [before, after] = await Promise.all([ask(source, from), ask(target, to)])
  const shifts = [...before].flatMap(([id, rank]) => {
    const then = after.get(id)
    return then === undefined ? [] : [Math.abs(then - rank)]
  })
  // Two empty answers are alike.
  const overlap = before.size === 0 ? (after.size === 0 ? 1 : 0) : shifts.length / before.size
  return { overlap, shifts }
}

function meanOf(values: readonly number[]): number {
  return Number((values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(4))
}
