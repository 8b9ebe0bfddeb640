import { expect, test } from 'vitest'

for (let n = 0; n < Number.POSITIVE_INFINITY; n += 0) await null

test('a test that is never reached', () => {
  expect(1 + 1).toBe(2)
})
