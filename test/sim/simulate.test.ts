import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { simulate } from './simulate.ts'
import { simulateAll } from './simulate-all.ts'

/** Two for the lanes, one for replays. */
const databasesUsed = 3
/**
 * As many histories as this machine plays in that time, and at least enough on a slow one that the result means
 * something.
 */
const budget = { ms: 90_000, atLeast: 100 }
let databases: readonly TestDatabase[]
beforeAll(async () => {
  databases = await Promise.all(Array.from({ length: databasesUsed }, () => testDatabase()))
})
afterAll(() => Promise.all(databases.map((one) => one[Symbol.asyncDispose]())))

test('histories in any order, with crashes, cuts and a bad store, break no invariant and tell apps nothing wrong', {
  timeout: 580_000,
}, async ({ signal }) => {
  const urls = databases.slice(1).map(({ url }) => url)
  const { histories, failures, deeds } = await simulateAll(urls, { seed: 1, count: 2_000, budget, signal })
  console.log(`${histories} histories were simulated, from seed 1 on`)
  expect(failures.map(({ fault }) => fault)).toEqual([])
  expect(histories).toBeGreaterThanOrEqual(budget.atLeast)
  // What was drawn is worth something only if it came to happen.
  const drawn = [
    'put',
    'update',
    'delete',
    'delete by filter',
    'update by filter',
    'delete all',
    'put document',
    'delete document',
    'read',
    'promote',
    'demote',
    'complete',
    'rollback',
    'cancel',
  ]
  for (const deed of [...drawn, 'pause', 'resume', 'crash all', 'crash mover', 'stand still', 'lose registry']) {
    expect([deed, deeds.get(deed) ?? 0]).toEqual([deed, expect.toSatisfy((times: number) => times > 0)])
  }
})

test('a seed gives the same history every time', async () => {
  const [url = ''] = databases.map((one) => one.url)
  // In the history of 29, a document waits for another write of the same content.
  for (const seed of [29, 4711, 4712, 4713]) {
    expect((await simulate(url, seed)).trace).toEqual((await simulate(url, seed)).trace)
  }
})
