import { describe, expect, test } from 'vitest'
import { backoffMs, parseRetryAfterMs } from '../../src/stores/backoff.ts'

const backoff = { baseMs: 100, maxMs: 1_000 }

describe('the wait before another attempt', () => {
  test('doubles up to its most', () => {
    expect([1, 2, 3, 4, 5, 50].map((attempts) => backoffMs(backoff, attempts, undefined, () => 1))).toEqual([
      100, 200, 400, 800, 1_000, 1_000,
    ])
  })

  test('is at least half of that, the rest is random', () => {
    expect(backoffMs(backoff, 2, undefined, () => 0)).toBe(100)
    expect(backoffMs(backoff, 2, undefined, () => 0.5)).toBe(150)
  })

  test('is never shorter than the store asked for', () => {
    expect(backoffMs(backoff, 1, 5_000, () => 0)).toBeGreaterThanOrEqual(5_000)
  })
})

describe('Retry-After', () => {
  const now = Date.parse('2026-11-21T10:00:00Z')
  test.each([
    ['2', 2_000],
    ['0.5', 500],
    ['Sat, 21 Nov 2026 10:00:07 GMT', 7_000],
    ['Sat, 21 Nov 2026 09:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('%s is %s ms', (header, ms) => {
    expect(parseRetryAfterMs(header, now)).toBe(ms)
  })
})
