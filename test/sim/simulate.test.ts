import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { simulate } from './simulate.ts'
import { simulateAll } from './simulate-all.ts'

const lanes = 3
let databases: readonly TestDatabase[]
beforeAll(async () => {
  databases = await Promise.all(Array.from({ length: lanes }, () => testDatabase()))
})
afterAll(() => Promise.all(databases.map((one) => one[Symbol.asyncDispose]())))

test('histories in any order, with crashes, cuts and a bad store, break no invariant and tell apps nothing wrong', {
  timeout: 300_000,
}, async () => {
  const urls = databases.map(({ url }) => url)
  const { failures, deeds } = await simulateAll(urls, { seed: 1, count: 60 })
  expect(failures.map(({ error }) => error.message)).toEqual([])
  // What was drawn is worth something only if it came to happen.
  for (const deed of ['put', 'delete', 'read', 'promote', 'rollback', 'pause', 'resume', 'crash all', 'crash mover']) {
    expect([deed, deeds.get(deed) ?? 0]).toEqual([deed, expect.toSatisfy((times: number) => times > 0)])
  }
})

test('a seed gives the same history every time', async () => {
  const [url = ''] = databases.map((one) => one.url)
  expect((await simulate(url, 4711)).trace).toEqual((await simulate(url, 4711)).trace)
})
