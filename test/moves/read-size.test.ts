import { expect, test } from 'vitest'
import { budgetedSize } from '../../src/moves/copy/read-size.ts'
import type { VectorRecord } from '../../src/stores/store.ts'

const records = (count: number, textBytes: number): VectorRecord[] =>
  Array.from({ length: count }, (_, n) => ({ id: `r${n}`, values: [1, 2], metadata: { text: 'x'.repeat(textBytes) } }))

test.each([
  { lanes: 1, first: 10 },
  { lanes: 4, first: 1 },
])('$lanes lanes read at most 32 MiB ahead once they have seen how large the records are', ({ lanes, first }) => {
  const size = budgetedSize(lanes)
  expect(size.pages()).toBe(first)
  size.read(records(100, 40_000))
  // Two batches of each lane, 100 records a page, two bytes a character.
  expect(size.pages()).toBe(Math.max(1, Math.floor((32 * 1024 * 1024) / (lanes * 2 * 100 * 80_100))))
  // Small ones that follow do not say that no large one comes.
  size.read(records(100, 10))
  expect(size.pages()).toBeLessThan(3)
})

test('small records are read ten pages at a time, by each lane', () => {
  const size = budgetedSize(4)
  size.read(records(100, 100))
  expect(size.pages()).toBe(10)
})
