import { expect, test } from 'vitest'
import { batched } from '../../src/concurrency/batch.ts'

/** A run that is held open until it is let go. */
function heldRuns() {
  const runs: { items: readonly number[]; letGo: () => void }[] = []
  const one = batched(
    (items: readonly number[]) =>
      new Promise<readonly string[]>((resolve) => {
        runs.push({ items, letGo: () => resolve(items.map((item) => `done ${item}`)) })
      }),
    3,
  )
  return { runs, one }
}

test('those that come while a run is under way go together in the next ones, each with its own answer', async () => {
  const { runs, one } = heldRuns()
  const first = one(1)
  await expect.poll(() => runs.length).toBe(1)
  const others = [2, 3, 4, 5].map((item) => one(item))
  runs[0]?.letGo()
  expect(await first).toBe('done 1')
  await expect.poll(() => runs.length).toBe(2)
  runs[1]?.letGo()
  await expect.poll(() => runs.length).toBe(3)
  runs[2]?.letGo()
  expect(await Promise.all(others)).toEqual(['done 2', 'done 3', 'done 4', 'done 5'])
  expect(runs.map((run) => run.items)).toEqual([[1], [2, 3, 4], [5]])
})

test('one that fails fails alone', async () => {
  const runs: (readonly number[])[] = []
  const one = batched(async (items: readonly number[]) => {
    runs.push(items)
    if (items.includes(2)) throw new Error('not two')
    return items.map((item) => item * 10)
  }, 10)
  expect(await Promise.allSettled([one(1), one(2), one(3)])).toEqual([
    { status: 'fulfilled', value: 10 },
    { status: 'rejected', reason: new Error('not two') },
    { status: 'fulfilled', value: 30 },
  ])
  expect(runs).toEqual([[1, 2, 3], [1], [2], [3]])
  expect(await one(4)).toBe(40)
})
