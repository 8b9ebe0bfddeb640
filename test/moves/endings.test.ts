import { hostname } from 'node:os'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { showMove } from '../../src/moves/show-move.ts'
import { cancelMove, completeMove, pauseMove } from '../../src/moves/steer-move.ts'
import { tickRouting } from '../../src/routing/change-routing.ts'
import { contents, MoveWorld, platform, type Replica } from '../support/move-world.ts'

let world: MoveWorld
beforeEach(async () => {
  world = await MoveWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

/** An app whose writes take longer than the gap between them: at every moment one of them is under way. */
class BusyApp {
  readonly written = new Set<string>()
  #stopped = false
  readonly #done: Promise<unknown>

  constructor(acme: Awaited<ReturnType<MoveWorld['tenant']>>, replica: Replica) {
    let n = 0
    const writer = async () => {
      while (!this.#stopped) {
        const id = `w${n++}`
        await replica.write.put(acme, [{ id, values: [1, 2, 3, 4] }])
        this.written.add(id)
      }
    }
    this.#done = Promise.all([writer(), writer(), writer(), writer()])
    this.#done.catch(() => undefined)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#done
  }
}

async function underWay(): Promise<number> {
  const [row] = await world.home.sql<{ count: number }[]>`
    select count(*)::int as count from dirty where state = 'inflight'`
  return row?.count ?? 0
}

test.each([
  ['complete', 'soaking', completeMove, 'completed'],
  ['cancel', 'copying', cancelMove, 'cancelled'],
] as const)(
  'a %s ends while writes that take longer than half a second are under way all the time',
  async (verb, from, steer, end) => {
    const acme = await world.tenant('acme', 20)
    const copying = Promise.withResolvers<void>()
    const a = await world.replica(async (point) => {
      if (verb === 'cancel' && point === 'copy: batch claimed') await copying.promise
    })
    const { id } = await world.promote(acme)
    await world.until(id, from)
    world.local.local.setFaults({ lagMs: 200, rules: [{ fault: 'latency', on: 'upsert', ms: 700 }] })
    const app = new BusyApp(acme, a)
    await vi.waitFor(async () => expect(await underWay()).toBeGreaterThan(2), { timeout: 60_000 })
    await steer(world.home, platform, id)
    copying.resolve()
    await world.until(id, end)
    await app.stop()
    world.local.local.setFaults({ lagMs: 0, rules: [] })
    expect(app.written.size).toBeGreaterThan(3)
    const now = await contents(await world.placeOf(acme))
    expect([...app.written].filter((one) => !now.has(one))).toEqual([])
    expect(now.size).toBe(20 + app.written.size)
    expect(await world.home.sql`select phase from routing`).toEqual([{ phase: 'steady' }])
  },
)

test('a mover that dies while the end of a move holds writes is replaced, and the writes go on', async () => {
  const acme = await world.tenant('acme', 5)
  const died = Promise.withResolvers<void>()
  const a = await world.replica(async (point) => {
    if (point !== 'end: fence entered') return
    await a.killMover()
    died.resolve()
  })
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  const landed = Promise.withResolvers<void>()
  const slow = a.writeHeld(acme, 'slow', landed.promise)
  await vi.waitFor(async () => expect(await underWay()).toBe(1), { timeout: 60_000 })
  await completeMove(world.home, platform, id)
  await died.promise
  expect(await world.home.sql`select phase from routing`).toEqual([{ phase: 'fence' }])
  await world.replica()
  landed.resolve()
  await slow
  await world.until(id, 'completed')
  await a.write.put(acme, [{ id: 'after', values: [1, 2, 3, 4] }])
  expect((await contents(await world.placeOf(acme))).size).toBe(7)
})

test('a write that hangs at the end of a move holds the others for one fence, and the gate names it', async () => {
  const acme = await world.tenant('acme', 5)
  const a = await world.replica(undefined, { settings: { fenceBudgetMs: 2_000 } })
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  const landed = Promise.withResolvers<void>()
  const slow = a.writeHeld(acme, 'slow', landed.promise)
  await vi.waitFor(async () => expect(await underWay()).toBe(1), { timeout: 60_000 })
  await completeMove(world.home, platform, id)
  const gate = await vi.waitFor(
    async () => {
      const { state, waitsFor } = await showMove(world.home, id)
      expect(state).toBe('completing')
      expect(['writes_not_ended', 'write_under_way']).toContain(waitsFor?.kind)
      expect(waitsFor?.record).toBe('slow')
      return waitsFor
    },
    { timeout: 60_000 },
  )
  expect(gate?.replica).toBe(hostname())
  // The others are not held for as long as it hangs.
  await a.write.put(acme, [{ id: 'meanwhile', values: [1, 2, 3, 4] }])
  expect((await showMove(world.home, id)).state).toBe('completing')
  landed.resolve()
  await slow
  await world.until(id, 'completed')
  expect((await contents(await world.placeOf(acme))).size).toBe(7)
})

test('a write of one tenant that stands still in Postgres keeps no other tenant from being changed', async () => {
  const [acme, other] = [await world.tenant('acme', 5), await world.tenant('other', 5)]
  const a = await world.replica()
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  const stopped = Promise.withResolvers<void>()
  const holds = Promise.withResolvers<void>()
  // The first step of an intent, in a process that is stopped right after it.
  const writer = world.home.sql.begin(async (tx) => {
    await tx`select epoch from routing where tenant_id = ${acme} for share`
    holds.resolve()
    await stopped.promise
  })
  await holds.promise
  await completeMove(world.home, platform, id)
  await vi.waitFor(
    async () =>
      expect(
        await world.home
          .sql`select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      ).toHaveLength(1),
    { timeout: 60_000 },
  )
  await world.home.db.transaction(async (tx) => {
    await tx.execute(`set local lock_timeout = '5s'`)
    await tickRouting(tx, other)
  })
  expect((await showMove(world.home, id)).state).toBe('completing')
  stopped.resolve()
  await writer
  await world.until(id, 'completed')
  await a.write.put(other, [{ id: 'after', values: [1, 2, 3, 4] }])
})

test('a paused move can be cancelled', async () => {
  const acme = await world.tenant('acme', 20)
  const hold = Promise.withResolvers<void>()
  const a = await world.replica(async (point) => {
    if (point === 'copy: batch claimed') await hold.promise
  })
  const { id } = await world.promote(acme)
  await world.until(id, 'copying')
  await pauseMove(world.home, platform, id)
  hold.resolve()
  expect((await showMove(world.home, id)).waitsFor?.kind).toBe('paused')
  await cancelMove(world.home, platform, id)
  await world.until(id, 'cancelled')
  await a.write.put(acme, [{ id: 'after', values: [1, 2, 3, 4] }])
  expect((await contents(await world.placeOf(acme))).size).toBe(21)
})

test('a change of the tenant at the moment that its move arms does not fail the move', async () => {
  const acme = await world.tenant('acme', 5)
  const [arming, changed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  await world.replica(async (point) => {
    if (point !== 'prepare: namespace made') return
    arming.resolve()
    await changed.promise
  })
  const { id } = await world.promote(acme)
  await arming.promise
  // As PATCH does it: the move has read the routing, and waits for this transaction to change it. Others may wait for
  // the move: the renewal of its claim does on a slow machine.
  await world.home.db.transaction(async (tx) => {
    await tickRouting(tx, acme)
    changed.resolve()
    await vi.waitFor(
      async () =>
        expect(
          await world.home
            .sql`select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
        ).not.toEqual([]),
      { timeout: 60_000 },
    )
  })
  await world.until(id, 'soaking')
})
