import { expect, test } from 'vitest'

test('a test that ends', () => {
  expect(1 + 1).toBe(2)
})

test('a loop of promises alone, in which no timer runs', async () => {
  for (;;) await null
})
