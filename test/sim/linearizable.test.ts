import { expect, test } from 'vitest'
import { isLinearizable, type Operation } from './linearizable.ts'

const never = Number.POSITIVE_INFINITY
const write = (value: number | undefined, from: number, to: number): Operation => ({ kind: 'write', value, from, to })
const read = (value: number | undefined, from: number, to: number): Operation => ({ kind: 'read', value, from, to })

test('a read sees the last write that was answered before it began', () => {
  expect(isLinearizable([write(1, 0, 1), read(1, 2, 3)], undefined)).toBe(true)
  expect(isLinearizable([write(1, 0, 1), read(undefined, 2, 3)], undefined)).toBe(false)
  expect(isLinearizable([write(1, 0, 1), write(2, 2, 3), read(1, 4, 5)], undefined)).toBe(false)
})

test('of writes that overlap either may be the last, but all reads agree which', () => {
  const both = [write(1, 0, 5), write(2, 0, 5)]
  expect(isLinearizable([...both, read(1, 6, 7)], undefined)).toBe(true)
  expect(isLinearizable([...both, read(2, 6, 7)], undefined)).toBe(true)
  expect(isLinearizable([...both, read(1, 6, 7), read(2, 8, 9)], undefined)).toBe(false)
})

test('a read beside a write may see either state, but once the new one was seen the old one is gone', () => {
  const slow = write(1, 0, 10)
  expect(isLinearizable([slow, read(undefined, 1, 2), read(1, 3, 4)], undefined)).toBe(true)
  expect(isLinearizable([slow, read(1, 1, 2), read(undefined, 3, 4)], undefined)).toBe(false)
})

test('a write without an answer may happen at any time since it was sent, once, or never', () => {
  const doubt = write(2, 2, never)
  expect(isLinearizable([write(1, 0, 1), doubt, read(1, 3, 4), read(2, 5, 6)], undefined)).toBe(true)
  expect(isLinearizable([write(1, 0, 1), doubt, read(1, 3, 4)], undefined)).toBe(true)
  expect(isLinearizable([write(1, 0, 1), doubt, read(2, 3, 4), read(1, 5, 6)], undefined)).toBe(false)
  expect(isLinearizable([doubt, read(2, 0, 1)], undefined)).toBe(false)
})

test('a deleted record that comes back is told', () => {
  expect(isLinearizable([write(undefined, 0, 1), read(undefined, 2, 3)], 7)).toBe(true)
  expect(isLinearizable([write(undefined, 0, 1), read(7, 2, 3)], 7)).toBe(false)
})

test('a long history of one writer is checked at once', () => {
  const history = Array.from({ length: 200 }, (_, n) => [write(n, n * 4, n * 4 + 1), read(n, n * 4 + 2, n * 4 + 3)])
  expect(isLinearizable(history.flat(), undefined)).toBe(true)
})
