import { expect, test } from 'vitest'
import { Visited } from '../../model/visited.ts'

test('the visited set tells new from known for states that differ in one bit, while it grows', () => {
  const visited = new Visited(true, 16)
  const states: Int32Array[] = [new Int32Array(4)]
  for (let word = 0; word < 4; word++) {
    for (let bit = 0; bit < 32; bit++) {
      for (let other = 0; other < 32; other++) {
        const state = new Int32Array(4)
        state[word] = 1 << bit
        state[(word + 1) % 4] = 1 << other
        states.push(state)
      }
    }
  }
  const added = states.map((state) => visited.add(state))
  expect(new Set(added)).toEqual(new Set([-1]))
  expect(visited.count).toBe(states.length)
  expect(states.map((state) => visited.add(state))).toEqual(states.map((_, index) => index))
})
