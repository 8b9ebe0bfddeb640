import { expect, test } from 'vitest'

test('a test of a file that does not hang', () => {
  expect(1 + 1).toBe(2)
})
