import { describe, expect, test } from 'vitest'
import { parseRetryAfterMs } from '../../src/stores/retry-after.ts'

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
