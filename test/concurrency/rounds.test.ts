import { expect, test } from 'vitest'
import { startRounds } from '../../src/concurrency/rounds.ts'

test('rounds follow one another, one at a time, and a fault of one is no fault of the next', async () => {
  let underWay = 0
  let most = 0
  let count = 0
  const faults: unknown[] = []
  const round = async () => {
    underWay += 1
    most = Math.max(most, underWay)
    await new Promise((resolve) => setImmediate(resolve))
    underWay -= 1
    count += 1
    if (count === 2) throw new Error('the second')
  }
  await using _rounds = startRounds(round, { everyMs: 1, first: 'now', onFault: (error) => faults.push(error) })
  await expect.poll(() => count).toBeGreaterThan(3)
  expect([most, faults.map(String)]).toEqual([1, ['Error: the second']])
})

test('the end fires the signal of the round under way, waits for it, and takes its breaking off for no fault', async () => {
  const begun = Promise.withResolvers<void>()
  const faults: unknown[] = []
  let ended = false
  const round = async (signal: AbortSignal) => {
    begun.resolve()
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    ended = true
    throw signal.reason
  }
  const rounds = startRounds(round, { everyMs: 1, first: 'now', onFault: (error) => faults.push(error) })
  await begun.promise
  await rounds[Symbol.asyncDispose]()
  expect([ended, faults]).toEqual([true, []])
})

test('rounds that begin later and are ended in their first pause never begin', async () => {
  let count = 0
  const round = async () => {
    count += 1
  }
  const rounds = startRounds(round, { everyMs: 600_000, first: 'later', onFault: () => undefined })
  await rounds[Symbol.asyncDispose]()
  expect(count).toBe(0)
})
