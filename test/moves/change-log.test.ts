import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { showMove } from '../../src/moves/show-move.ts'
import { completeMove } from '../../src/moves/steer-move.ts'
import { contents, MoveWorld, platform } from '../support/move-world.ts'

let world: MoveWorld
beforeEach(async () => {
  world = await MoveWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

test('a write under way holds the end of the log, however many older records are still open, and views count no further than they say', async () => {
  const acme = await world.tenant('acme', 5)
  const a = await world.replica(undefined, { settings: { fenceBudgetMs: 2_000 } })
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  // Nothing proves these before an hour is over, so no mover carries them back.
  await world.home.sql`
    insert into dirty (move_id, record_id, seq, state, is_put, trust_store, intent_at, done_at, deadline)
    select ${id}, 'open' || n, nextval('write_seq'), 'done', true, true, now(), now() + interval '1 hour', now()
    from generate_series(1, 12000) as n`
  const landed = Promise.withResolvers<void>()
  const slow = a.writeHeld(acme, 'slow', landed.promise)
  const underWay = () => world.home.sql`select record_id as id from dirty where state = 'inflight'`
  await vi.waitFor(async () => expect(await underWay()).toEqual([{ id: 'slow' }]), { timeout: 60_000 })
  expect((await showMove(world.home, id)).dirty).toEqual({ touched: 10_000, unsynced: 10_000 })
  await completeMove(world.home, platform, id)
  const isTold = async () => {
    const { waitsFor } = await showMove(world.home, id)
    expect(['writes_not_ended', 'write_under_way']).toContain(waitsFor?.kind)
    expect(waitsFor?.record).toBe('slow')
  }
  await vi.waitFor(isTold, { timeout: 60_000 })
  expect(await world.home.sql`select phase <> 'steady' as moving from routing`).toEqual([{ moving: true }])
  landed.resolve()
  await slow
  await world.until(id, 'completed')
  expect((await contents(await world.placeOf(acme))).has('slow')).toBe(true)
})

test('rows of the log are dropped when both places were proven to show them ten minutes ago, and no others', async () => {
  const acme = await world.tenant('acme', 5)
  await world.replica()
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  const hour = { old: '-20 minutes', young: '-9 minutes', late: '1 hour' }
  await world.home.sql`
    insert into dirty (move_id, record_id, seq, state, is_put, trust_store, intent_at, done_at, deadline, synced_seq,
      synced_at, verified_seq, suspect_until)
    select ${id}, name, 1, state, true, true, now(), now() + age::interval, now() + interval '1 hour', synced, now(), verified, suspect
    from (values
      ('verified-old', 'done', ${hour.old}, 1, 1, null::timestamptz),
      ('verified-young', 'done', ${hour.young}, 1, 1, null),
      ('suspect-old', 'done', ${hour.old}, 1, 1, now() + interval '1 hour'),
      ('inflight-old', 'inflight', ${hour.old}, 1, 1, null),
      ('open-late', 'done', ${hour.late}, null, null, null)
    ) as rows (name, state, age, synced, verified, suspect)`
  const left = async () => (await world.home.sql`select record_id as id from dirty order by 1`).map((row) => row.id)
  await vi.waitFor(async () => expect(await left()).not.toContain('verified-old'), { timeout: 60_000 })
  expect(await left()).toEqual(['inflight-old', 'open-late', 'suspect-old', 'verified-young'])
})
