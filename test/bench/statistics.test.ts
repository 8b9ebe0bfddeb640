import { expect, test } from 'vitest'
import { inTurn, ratios } from '../../bench/harness/rounds.ts'
import { median, quantile, spread } from '../../bench/harness/statistics.ts'

test('the median of an odd number of values is the middle one, of an even number the mean of two', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 3, 2])).toBe(2.5)
})

test('a quantile lies between its neighbours, and there is none of nothing', () => {
  expect(quantile([0, 10], 0.99)).toBeCloseTo(9.9)
  expect(quantile([7], 0.99)).toBe(7)
  expect(() => quantile([], 0.5)).toThrow(RangeError)
})

test('a spread leaves its values as they are', () => {
  const values = [2, 3, 1]
  expect(spread(values)).toEqual({ median: 2, min: 1, max: 3 })
  expect(values).toEqual([2, 3, 1])
})

test('subjects are measured in turn, each round in the other direction', async () => {
  const order: string[] = []
  const subject = (name: string) => async () => order.push(name)
  const samples = await inTurn(3, { a: subject('a'), b: subject('b') })
  expect(order).toEqual(['a', 'b', 'b', 'a', 'a', 'b'])
  expect(samples).toEqual({ a: [1, 4, 5], b: [2, 3, 6] })
})

test('ratios are taken round by round', () => {
  expect(ratios([2, 9], [1, 3], (value) => value)).toEqual([2, 3])
  expect(() => ratios([2, 9], [1], (value) => value)).toThrow('round 1')
})
