import type { Candidate } from './candidate.ts'

/** Candidates considered, at most: each choice compares all the remaining ones with the one chosen before. */
const lookedAtMax = 200

/**
 * Maximal marginal relevance (Carbonell and Goldstein, 1998): repeatedly takes the candidate with the highest `(1 -
 * diversity) × nearness - diversity × similarity to the most similar one taken before`. Nearness is the score, scaled
 * to 0–1 over the candidates, so that it can be weighed against a cosine.
 *
 * @param candidates with their values, best first.
 * @param diversity from 0, the order stays, to 1, nearness counts for nothing after the first.
 * @returns all considered candidates, in the order of choice.
 */
export function diversify(candidates: readonly Candidate[], diversity: number): Candidate[] {
  const pool = candidates.slice(0, lookedAtMax)
  const nearness = unitScaled(pool.map(({ score }) => score))
  const directions = pool.map(({ found }) => direction(found.values ?? []))
  const closest = new Float64Array(pool.length)
  const left = new Set(pool.keys())
  const chosen: Candidate[] = []
  while (left.size > 0) {
    let next = -1
    let most = Number.NEGATIVE_INFINITY
    for (const at of left) {
      const worth = (1 - diversity) * (nearness[at] ?? 0) - (chosen.length === 0 ? 0 : diversity * (closest[at] ?? 0))
      // The first is the nearest, also where nearness counts for nothing.
      const wins = chosen.length === 0 ? next === -1 : worth > most
      if (wins) [next, most] = [at, worth]
    }
    left.delete(next)
    const [taken, own] = [pool[next], directions[next]]
    if (taken === undefined || own === undefined) break
    const first = chosen.push(taken) === 1
    for (const at of left) {
      const similarity = dot(own, directions[at] ?? own)
      closest[at] = first ? similarity : Math.max(closest[at] ?? 0, similarity)
    }
  }
  return chosen
}

function unitScaled(scores: readonly number[]): number[] {
  const least = Math.min(...scores)
  const range = Math.max(...scores) - least
  return scores.map((score) => (range === 0 ? 1 : (score - least) / range))
}

/** The vector at length 1, so that a product is a cosine; a zero vector stays as it is and is similar to nothing. */
function direction(values: readonly number[]): Float64Array {
  const made = Float64Array.from(values)
  const length = Math.sqrt(dot(made, made))
  return length === 0 ? made : made.map((value) => value / length)
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0
  for (let i = 0; i < left.length && i < right.length; i++) sum += (left[i] ?? 0) * (right[i] ?? 0)
  return sum
}
