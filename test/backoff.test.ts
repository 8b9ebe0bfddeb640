import { expect, test } from 'vitest'
import { backoffMs, doubledMs } from '../src/backoff.ts'

const backoff = { baseMs: 100, maxMs: 1_000 }

test('the wait before another try doubles up to its most', () => {
  expect([0, 1, 2, 3, 4, 2_000].map((failures) => doubledMs(backoff, failures))).toEqual([
    100, 200, 400, 800, 1_000, 1_000,
  ])
})

test('of many that try again, each waits at least half of that, and the rest is random', () => {
  expect([0, 0.5, 1].map((random) => backoffMs(backoff, 1, () => random))).toEqual([100, 150, 200])
  const waits = Array.from({ length: 50 }, () => backoffMs(backoff, 3))
  expect(new Set(waits).size).toBeGreaterThan(1)
})
