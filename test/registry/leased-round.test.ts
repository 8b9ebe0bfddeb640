import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { runLeasedRound } from '../../src/registry/rounds/leased-round.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { holdRound } from '../support/hold-round.ts'

let home: TestDatabase
beforeEach(async () => {
  home = await testDatabase()
})
afterEach(() => home[Symbol.asyncDispose]())

const { signal } = new AbortController()
const leaseMs = 60_000
/** A clock that stands still; its rounds are renewed when the test says so. */
const staged = () => {
  const renewals: (() => void)[] = []
  const time = { nowMs: 0 }
  const clock = {
    now: () => time.nowMs,
    every: (_ms: number, run: () => void) => {
      renewals.push(run)
      return { stop: () => undefined }
    },
  }
  const renew = () => {
    for (const run of renewals) run()
  }
  return { clock, time, renew }
}
const leases = () => home.sql`select name, until > now() + interval '50 seconds' as "isFresh" from round_leases`

test('of several replicas one runs a round at a time, and the next one after its end', async () => {
  const ended = Promise.withResolvers<string>()
  const begun = Promise.withResolvers<void>()
  const first = runLeasedRound({ db: home.db, name: 'sweep', signal, leaseMs }, () => {
    begun.resolve()
    return ended.promise
  })
  await begun.promise
  const other = () => runLeasedRound({ db: home.db, name: 'sweep', signal, leaseMs }, async () => 'other')
  expect(await other()).toBeUndefined()
  expect(await runLeasedRound({ db: home.db, name: 'policy', signal }, async () => 'of another name')).toBeDefined()
  ended.resolve('first')
  expect(await first).toBe('first')
  expect(await other()).toBe('other')
  expect(await leases()).toEqual([])
})

test('a round that fails gives its lease back, and one of a dead replica ends in its time', async () => {
  const failing = runLeasedRound({ db: home.db, name: 'sweep', signal, leaseMs }, () => Promise.reject(new Error('no')))
  await expect(failing).rejects.toThrow('no')
  await holdRound(home.sql, 'sweep')
  await home.sql`update round_leases set until = now() - interval '1 second'`
  expect(await runLeasedRound({ db: home.db, name: 'sweep', signal, leaseMs }, async () => 'next')).toBe('next')
})

test('a round is stopped when its lease went to another replica, and a late renewal takes nothing back', async () => {
  const { clock, renew } = staged()
  await runLeasedRound({ db: home.db, name: 'sweep', signal, leaseMs, clock }, async (held) => {
    await home.sql`update round_leases set until = now()`
    renew()
    await vi.waitFor(async () => expect(await leases()).toEqual([{ name: 'sweep', isFresh: true }]), {
      timeout: 60_000,
    })
    expect(held.aborted).toBe(false)
    await holdRound(home.sql, 'sweep')
    renew()
    await vi.waitFor(() => expect(held.aborted).toBe(true), { timeout: 60_000 })
  })
  expect(await leases()).toEqual([{ name: 'sweep', isFresh: true }])
  await home.sql`delete from round_leases`
  renew()
  await home.sql`select 1`
  expect(await runLeasedRound({ db: home.db, name: 'sweep', signal, leaseMs }, async () => 'free')).toBe('free')
})

test('a round whose lease cannot be renewed is stopped before another replica may begin', async () => {
  const { clock, time, renew } = staged()
  await runLeasedRound({ db: home.db, name: 'sweep', signal, leaseMs, clock }, async (held) => {
    time.nowMs = leaseMs * 0.9
    renew()
    expect(held.aborted).toBe(true)
  })
})
