import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mean, ndcgAt, recallAt, reciprocalRank } from '../../../src/moves/evaluate/metrics.ts'

const set = (...ids: string[]) => new Set(ids)
const ranking = ['a', 'b', 'c', 'd', 'e']

describe('by hand', () => {
  test.each([
    [1, set('a'), 1],
    [1, set('b'), 0],
    [3, set('c'), 1],
    [3, set('a', 'z'), 0.5],
    [3, set('b', 'c', 'd', 'z'), 0.5],
    [10, set('a', 'e'), 1],
    [10, set('z'), 0],
  ])('recall@%i of %o is %f', (k, relevant, expected) => {
    expect(recallAt(k, ranking, relevant)).toBeCloseTo(expected, 10)
  })

  test.each([
    // One answer: 1 / log2(rank + 1).
    [10, set('a'), 1],
    [10, set('b'), 1 / Math.log2(3)], // 0.6309
    [10, set('c'), 0.5],
    [10, set('z'), 0],
    // Two answers at ranks 2 and 4 of the best 1 and 2: (1/log2 3 + 1/log2 5) / (1 + 1/log2 3) = 1.0616 / 1.6309.
    [10, set('b', 'd'), 0.6509209298071326],
    // Behind the cut nothing counts, and the best order is cut too: (1/log2 3) / (1 + 1/log2 3).
    [2, set('b', 'd'), 0.38685280723454163],
    [1, set('a', 'b', 'c'), 1],
  ])('nDCG@%i of %o is %f', (k, relevant, expected) => {
    expect(ndcgAt(k, ranking, relevant)).toBeCloseTo(expected, 10)
  })

  test.each([
    [set('a'), 1],
    [set('b'), 1 / 2],
    [set('d', 'c'), 1 / 3],
    [set('e'), 1 / 5],
    [set('z'), 0],
  ])('the reciprocal rank of %o is %f', (relevant, expected) => {
    expect(reciprocalRank(ranking, relevant)).toBeCloseTo(expected, 10)
  })

  test('the mean of 1, 0 and 0.5 is 0.5', () => {
    expect(mean([1, 0, 0.5])).toBeCloseTo(0.5, 10)
  })
})

test('all are from 0 to 1, 1 for the best order, and no worse when an answer moves up', () => {
  const ids = fc.uniqueArray(fc.integer({ min: 0, max: 30 }).map(String), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(ids, ids, fc.integer({ min: 1, max: 25 }), (found, answers, k) => {
      const relevant = new Set(answers)
      const values = (order: readonly string[]) => [
        recallAt(k, order, relevant),
        ndcgAt(k, order, relevant),
        reciprocalRank(order, relevant),
      ]
      for (const value of values(found)) expect(value >= 0 && value <= 1 + 1e-9).toBe(true)
      expect(ndcgAt(k, answers, relevant)).toBeCloseTo(1, 10)
      expect(reciprocalRank(answers, relevant)).toBe(1)
      const best = [...found].sort((a, b) => Number(relevant.has(b)) - Number(relevant.has(a)))
      const [before, after] = [values(found), values(best)]
      for (const [at, value] of after.entries()) expect(value).toBeGreaterThanOrEqual((before[at] ?? 0) - 1e-9)
    }),
  )
})
