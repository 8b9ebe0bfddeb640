import { afterAll, beforeAll, expect, test } from 'vitest'
import { isAppError } from '../../src/errors.ts'
import { sendWrite } from '../../src/routing/write-log/tenant-write.ts'
import { mustBeDone } from '../../src/routing/write-log/write-outcome.ts'
import type { SimReplica } from '../sim/sim-replica.ts'
import { acme, record } from '../sim/sim-tenant.ts'
import { SimWorld } from '../sim/sim-world.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

// In a world whose clock is simulated: work takes no time there, so what is waited for is the store's lag alone.
let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

/** An app that writes without end, so many records at a time, over a number of records. */
class SteadyApp {
  readonly expected = new Map<string, number>()
  readonly #world: SimWorld
  readonly #replica: SimReplica
  #stopped = false
  #done: Promise<void> | undefined

  constructor(world: SimWorld, replica: SimReplica) {
    this.#world = world
    this.#replica = replica
  }

  start(plan: { readonly everyMs: number; readonly atOnce: number; readonly records: number }): void {
    this.#stopped = false
    this.#done = this.#write(plan)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#done !== undefined) await this.#world.run(this.#done)
  }

  async #write(plan: { readonly everyMs: number; readonly atOnce: number; readonly records: number }): Promise<void> {
    const { schedule, sql, store, settings } = this.#world
    const clock = schedule.clock('app')
    const gate = {
      routes: this.#replica.routes,
      db: sql.connect('app').db,
      clock,
      settings: { storeCallMs: 4_000, storeInDoubtMs: settings.storeInDoubtMs, busyWaitMs: 3_000 },
    }
    for (let n = this.expected.size; !this.#stopped; n += plan.atOnce) {
      const ids = Array.from({ length: plan.atOnce }, (_, i) => `w${(n + i) % plan.records}`)
      try {
        const outcome = await sendWrite(gate, acme, { ids, kind: 'put' }, ({ placement, signal, stamp }) => {
          const puts = ids.map((id) => ({ ...record(id, n), metadata: { n, _tr: stamp(id) ?? 0 } }))
          return store.connect('app').open(placement).upsert(puts, { signal })
        })
        mustBeDone(outcome)
        for (const id of ids) this.expected.set(id, n)
      } catch (error) {
        if (!isAppError(error, 'writes_held')) throw error
      }
      await clock.sleep(plan.everyMs)
    }
  }
}

const fast = { everyMs: 400, atOnce: 50, records: 300 }
const hot = { everyMs: 300, atOnce: 1, records: 1 }

async function open(lagMs: number): Promise<{ world: SimWorld; app: SteadyApp }> {
  const world = await SimWorld.open(database.url, { settings: { storeVisibleMs: 20_000 } })
  // The rows are many here, and what the invariants say of them is said by the simulation.
  world.schedule.after = async () => undefined
  world.store.lagMs = () => lagMs
  await world.replica('a')
  return { world, app: new SteadyApp(world, await world.replica('b', { mover: false })) }
}

/** The row of the move, looked at now and then while things happen. */
async function until(world: SimWorld, isSo: (row: { state: string; gate: string | null }) => boolean): Promise<void> {
  let steps = 0
  await world.schedule.until(async () => steps++ % 25 === 0 && isSo(await world.move()), 60_000)
}

async function fences(world: SimWorld): Promise<{ held: boolean; tries: number; pauseMs: number | null }> {
  const [row] = await world.rows<{ held: boolean; tries: number; pauseMs: number | null }>(
    `select held_at is not null as held, fence_tries as tries, write_pause_ms as "pauseMs" from moves`,
  )
  if (row === undefined) throw new Error('no move was started')
  return row
}

async function expectNothingLost(world: SimWorld, app: SteadyApp): Promise<void> {
  const now = await world.contents()
  expect(app.expected.size).toBeGreaterThan(0)
  for (const [id, n] of app.expected) expect([id, now[id]]).toEqual([id, n])
}

test('with many records written every second, on a store that shows them two seconds late, a move switches and rolls back at the first try', async () => {
  const { world, app } = await open(2_000)
  await using _ = world
  app.start(fast)
  await world.promote()
  await until(world, ({ state }) => state === 'soaking')
  const forth = await fences(world)
  expect(forth).toMatchObject({ tries: 0, pauseMs: expect.toSatisfy((ms: number) => ms > 3_000 && ms < 5_000) })
  await world.schedule.pass(3_000)
  await world.steer('rollback')
  await until(world, ({ state }) => state === 'rolled_back')
  expect(await fences(world)).toMatchObject({ tries: 0, pauseMs: expect.toSatisfy((ms: number) => ms < 5_000) })
  await app.stop()
  expect(app.expected.size).toBe(fast.records)
  await expectNothingLost(world, app)
})

test.for([
  { plan: fast, name: 'many records' },
  { plan: hot, name: 'one record again and again' },
])(
  'while $name are written and a fence would last too long, no write is held and the gate says why, on the way back too; a lull lets it through',
  async ({ plan }) => {
    const { world, app } = await open(3_000)
    await using _ = world
    app.start(plan)
    await world.promote()
    const saysWhy = ({ gate }: { gate: string | null }) =>
      gate?.includes('too long for FENCE_BUDGET_MS (5000); raise it, or it goes on in a quieter moment') ?? false
    await until(world, saysWhy)
    await world.schedule.pass(15_000)
    expect((await world.move()).gate).toMatch(
      /^the store shows writes [23](\.5)? s late: writes would be held for about [56](\.5)? s/,
    )
    expect(await fences(world)).toMatchObject({ held: false, tries: 0 })
    await app.stop()
    await until(world, ({ state }) => state === 'soaking')
    expect((await fences(world)).tries).toBe(0)

    app.start(plan)
    await world.schedule.pass(5_000)
    await world.rows('update moves set held_at = null')
    await world.steer('rollback')
    await until(world, saysWhy)
    await world.schedule.pass(4_000)
    expect(await fences(world)).toMatchObject({ held: false, tries: 0 })
    await app.stop()
    await until(world, ({ state }) => state === 'rolled_back')
    await expectNothingLost(world, app)
  },
)

test('a mover that takes over learns the lag anew before it holds any write', async () => {
  const { world, app } = await open(3_000)
  await using _ = world
  app.start(fast)
  await world.promote()
  await until(world, ({ gate }) => gate?.includes('quieter moment') ?? false)
  world.replicas[0]?.kill('mover')
  await world.replica('c')
  await world.rows(`update moves set gate = 'the mover is dead'`)
  await until(world, ({ gate }) => gate?.includes("the store's lag is not known yet") ?? false)
  await until(world, ({ gate }) => gate?.includes('quieter moment') ?? false)
  expect(await fences(world)).toMatchObject({ held: false, tries: 0 })
  await app.stop()
  await until(world, ({ state }) => state === 'soaking')
  await expectNothingLost(world, app)
})
