import { expect, test } from 'vitest'
import { TwoGenerations } from '../../src/routing/lease/two-generations.ts'

test('the last so many entries are remembered, and never more than twice as many', () => {
  const map = new TwoGenerations<number, string>(10)
  for (let n = 0; n < 1_000; n += 1) {
    map.set(n, `value ${n}`)
    for (let back = Math.max(0, n - 9); back <= n; back += 1) expect([...map.values()]).toContain(`value ${back}`)
    expect([...map.values()].length).toBeLessThanOrEqual(20)
  }
})

test('what is asked for again and again is not forgotten', () => {
  const map = new TwoGenerations<string, number>(10)
  map.set('often', 1)
  for (let n = 0; n < 1_000; n += 1) {
    map.set(`once ${n}`, n)
    expect(map.get('often')).toBe(1)
  }
  expect(map.get('once 0')).toBeUndefined()
})

test('a replaced or deleted value is found in neither generation', () => {
  const map = new TwoGenerations<string, number>(3)
  for (const key of ['a', 'b', 'c']) map.set(key, 1)
  map.set('a', 2)
  map.delete('b')
  for (const key of ['d', 'e']) map.set(key, 3)
  expect(map.get('a')).toBe(2)
  expect(map.get('b')).toBeUndefined()
  expect([...map.values()].sort()).toEqual([2, 3, 3])
  map.clear()
  expect(map.get('a')).toBeUndefined()
})
