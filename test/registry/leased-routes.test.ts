import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { sql as raw } from 'drizzle-orm'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Clock, systemClock } from '../../src/clock.ts'
import { connect } from '../../src/db/connect.ts'
import type { Phase } from '../../src/placement/phase.ts'
import { parseTenantId, type TenantId } from '../../src/placement/tenant-id.ts'
import { readBarrier } from '../../src/routing/barrier.ts'
import { changeRouting, tickRouting } from '../../src/routing/change-routing.ts'
import { LeasedRoutes } from '../../src/routing/lease/leased-routes.ts'
import type { Tracer } from '../../src/tracing/tracer.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { seedTenant } from '../support/seed.ts'

const acme = parseTenantId('acme')
let home: TestDatabase
let stack: AsyncDisposableStack

beforeEach(async () => {
  stack = new AsyncDisposableStack()
  home = stack.use(await testDatabase())
  await seedTenant(home)
})
afterEach(() => stack.disposeAsync())

async function replica(
  options: { leaseMs?: number; outageReads?: 'stale' | 'stop'; clock?: Clock } = {},
): Promise<LeasedRoutes> {
  const database = stack.use(connect({ url: home.url, max: 2 }))
  const routes = new LeasedRoutes(database, {
    leaseMs: 10_000,
    storeInDoubtMs: 60_000,
    outageReads: 'stale',
    holdMs: 300,
    ...options,
  })
  stack.use(routes)
  await routes.start()
  return routes
}

/** Changes acme's phase as a mover would. */
async function change(phase: Phase): Promise<number> {
  return home.db.transaction(async (tx) => {
    const [row] = await tx.execute<{ epoch: string; active: string; other: string | null }>(raw`
      select epoch, active_place_id as active, (select id from places where generation = 2) as other from routing where tenant_id = ${acme}`)
    if (row === undefined) throw new Error('seeded')
    if (row.other === null) {
      await tx.execute(raw`insert into places (tenant_id, index_id, project, index_name, namespace, generation, state)
        select tenant_id, index_id, project, index_name, 'tenant_acme_g2', 2, 'follower' from places where tenant_id = ${acme}`)
    }
    const [other] = await tx.execute<{ id: string }>(raw`select id from places where generation = 2`)
    const changed = await changeRouting(tx, acme, Number(row.epoch), {
      phase,
      followerPlaceId: phase === 'steady' ? null : Number(other?.id),
      moveId: phase === 'steady' ? null : '7f9c24e8-3b12-4f0e-9d3a-1c2b3a4d5e6f',
      ...(phase === 'fence' ? { fenceBudgetMs: 5000 } : {}),
    })
    if (changed === undefined) throw new Error('the epoch was just read')
    return changed.tick
  })
}

const passed = (tick: number, tenantId: TenantId = acme) => readBarrier(home.db, { tenantId, tick }, 60_000)

/** Statements that read routes and wait for a lock. */
const heldReadings = () => home.sql`select 1 from pg_stat_activity
  where wait_event_type = 'Lock' and query like 'select route from read_routes%' and datname = current_database()`

test('a route is read once and then answered without a wait, until the registry says that it changed', async () => {
  const routes = await replica()
  expect((await routes.find(acme)).routing).toMatchObject({ phase: 'steady', epoch: 1 })
  expect(routes.find(acme)).not.toBeInstanceOf(Promise)
  await home.db.transaction((tx) => tickRouting(tx, acme))
  await vi.waitFor(async () => expect((await routes.find(acme)).routing.epoch).toBe(2), { timeout: 60_000 })
})

test('routes that many callers ask for at once are read by few statements, and each caller gets its own', async () => {
  const names = Array.from({ length: 40 }, (_, n) => `t${n}`)
  for (const id of names) await seedTenant(home, { id })
  const statements: string[] = []
  const tracer: Tracer = {
    call: (_kind, name) => void statements.push(name),
    serve: () => expect.unreachable(),
    headers: () => ({}),
    [Symbol.asyncDispose]: async () => undefined,
  }
  const database = stack.use(connect({ url: home.url, max: 8, patienceMs: 60_000, tracer }))
  const routes = stack.use(
    new LeasedRoutes(database, { leaseMs: 120_000, storeInDoubtMs: 60_000, outageReads: 'stale', holdMs: 300 }),
  )
  await routes.start()
  const { found, unknown } = await home.sql.begin(async (holder) => {
    await holder`lock table tenants in access exclusive mode`
    const unknown = Promise.allSettled([routes.find(parseTenantId('nobody'))])
    await vi.waitFor(async () => expect(await heldReadings()).toHaveLength(1), { timeout: 60_000, interval: 20 })
    const found = Promise.all([...names, ...names].map(async (id) => routes.find(parseTenantId(id))))
    await vi.waitFor(async () => expect(await heldReadings()).toHaveLength(2), { timeout: 60_000, interval: 20 })
    return { found, unknown }
  })
  expect((await found).map(({ tenantId, routing }) => [tenantId, routing.active.namespace])).toEqual(
    [...names, ...names].map((id) => [id, `tenant_${id}_g1`]),
  )
  expect(await unknown).toMatchObject([{ status: 'rejected', reason: { code: 'tenant_unknown' } }])
  expect(statements.filter((name) => /read_routes/.test(name)).length).toBeOneOf([2, 3])
})

test('a route is read by indexes alone, however few tenants there were when its plan was made', async () => {
  const connection = await home.sql.reserve()
  stack.defer(() => connection.release())
  const scans = async () => {
    await connection`select pg_stat_force_next_flush()`
    return connection<{ name: string; scans: string; byIndex: string }[]>`
      select relname as name, seq_scan as scans, idx_scan as "byIndex" from pg_stat_user_tables
      where relname in ('tenants', 'routing', 'places', 'indexes', 'inventories') order by relname`
  }
  const before = await scans()
  for (let time = 0; time < 10; time += 1) await connection`select read_routes(${['acme', 'nobody']})`
  const after = await scans()
  const grown = after.map(({ name, scans, byIndex }, n) => [
    name,
    Number(scans) - Number(before[n]?.scans),
    Number(byIndex) - Number(before[n]?.byIndex) > 0,
  ])
  expect(grown).toEqual(['indexes', 'inventories', 'places', 'routing', 'tenants'].map((name) => [name, 0, true]))
})

test('an unknown tenant is not found and a suspended one is refused on every replica', async () => {
  const [a, b] = [await replica(), await replica()]
  await expect(a.find(parseTenantId('nobody'))).rejects.toMatchObject({ code: 'tenant_unknown' })
  await Promise.all([a.find(acme), b.find(acme)])
  await home.db.transaction(async (tx) => {
    await tx.execute(raw`update tenants set status = 'suspended'`)
    await tickRouting(tx, acme)
  })
  for (const routes of [a, b]) {
    const found = async () => routes.find(acme)
    await vi.waitFor(() => expect(found()).rejects.toMatchObject({ code: 'tenant_suspended' }), { timeout: 60_000 })
    await expect(routes.beginWrite(acme)).rejects.toMatchObject({ code: 'tenant_suspended' })
  }
})

test('a barrier waits for the write that began before the change, on whichever replica it runs', async () => {
  const [a, b] = [await replica(), await replica()]
  await a.find(acme)
  const write = await b.beginWrite(acme)
  const tick = await change('arm')
  await vi.waitFor(async () => expect((await passed(tick)).behind).toBe(1), { timeout: 60_000 })
  await Promise.all([a.catchUp(), b.catchUp()])
  expect((await passed(tick)).behind).toBe(1)
  write.end('settled')
  await vi.waitFor(async () => expect(await passed(tick)).toEqual({ behind: 0, doubtMs: 0 }), { timeout: 60_000 })
})

test('a write that goes on holds up the barriers of its own tenant, whatever changes after it, and those of no other', async () => {
  const other = await seedTenant(home, { id: 'other' })
  const routes = await replica()
  const [write, another] = [await routes.beginWrite(acme), await routes.beginWrite(other)]
  const first = await change('arm')
  await routes.catchUp()
  const second = await home.db.transaction((tx) => tickRouting(tx, other))
  await routes.catchUp()
  expect((await passed(second, other)).behind).toBe(1)
  another.end('settled')
  await vi.waitFor(async () => expect((await passed(second, other)).behind).toBe(0), { timeout: 60_000 })
  const third = await change('track')
  await routes.catchUp()
  const fresh = await routes.beginWrite(acme)
  for (const tick of [first, second, third]) expect((await passed(tick)).behind).toBe(1)
  expect(await home.sql`select applied < ${first} as behind from sessions`).toEqual([{ behind: true }])
  write.end('settled')
  await vi.waitFor(async () => expect((await passed(third)).behind).toBe(0), { timeout: 60_000 })
  expect(await home.sql`select applied, draining from sessions`).toEqual([{ applied: String(third), draining: {} }])
  fresh.end('settled')
})

test('a write without an answer is reported together with the barrier that it no longer holds up', async () => {
  const routes = await replica()
  const write = await routes.beginWrite(acme)
  const tick = await change('arm')
  await routes.catchUp()
  write.end('in_doubt')
  await vi.waitFor(async () => expect((await passed(tick)).behind).toBe(0), { timeout: 60_000 })
  const { doubtMs } = await passed(tick)
  expect(doubtMs).toBeGreaterThan(55_000)
  expect(doubtMs).toBeLessThanOrEqual(60_000)
})

test('writes are logged while the copy runs, wait while the move switches, and go on in steady', async () => {
  const routes = await replica()
  for (const phase of ['arm', 'track', 'soak'] as const) {
    await change(phase)
    await routes.catchUp()
    const write = await routes.beginWrite(acme)
    expect(write.moveId).toBe('7f9c24e8-3b12-4f0e-9d3a-1c2b3a4d5e6f')
    write.end('settled')
  }
  for (const phase of ['fence', 'flip'] as const) {
    await change(phase)
    await routes.catchUp()
    await expect(routes.beginWrite(acme)).rejects.toMatchObject({ code: 'writes_held', retryAfterS: 1 })
    expect((await routes.find(acme)).routing.phase).toBe(phase)
  }
  await change('steady')
  await routes.catchUp()
  const write = await routes.beginWrite(acme)
  expect(write.moveId).toBeUndefined()
  write.end('settled')
})

test('a write that waits for the switch goes on at once when the switch is over', async () => {
  const routes = await replica()
  await change('fence')
  await routes.catchUp()
  const writing = routes.beginWrite(acme)
  await change('soak')
  const write = await writing
  expect(write.moveId).toBe('7f9c24e8-3b12-4f0e-9d3a-1c2b3a4d5e6f')
  write.end('settled')
})

test('a replica whose session is over stops its writes, forgets everything and begins anew', async () => {
  const routes = await replica()
  const write = await routes.beginWrite(acme)
  await home.sql`update sessions set expires_at = now() - interval '1 second'`
  await routes.catchUp()
  expect(write.signal.aborted).toBe(true)
  const tick = await change('arm')
  await routes.catchUp()
  expect((await passed(tick)).behind).toBe(1)
  write.end('in_doubt')
  // The session that died never says that its write ended: it is waited for as long as it may still land.
  await vi.waitFor(async () => expect((await passed(tick)).behind).toBe(0), { timeout: 60_000 })
  expect((await passed(tick)).doubtMs).toBeGreaterThan(50_000)
})

test('without Postgres reads go on with what was last seen, marked as such, and writes are refused', async () => {
  const database = connect({ url: home.url, max: 2 })
  const routes = new LeasedRoutes(database, { leaseMs: 400, storeInDoubtMs: 1000, outageReads: 'stale', holdMs: 300 })
  await routes.start()
  await routes.find(acme)
  await database.sql.end({ timeout: 0 })
  await vi.waitFor(() => expect(routes.isReady()).toBe(false), { timeout: 60_000 })
  expect(await routes.find(acme)).toMatchObject({ stale: true, routing: { phase: 'steady' } })
  await expect(routes.beginWrite(acme)).rejects.toMatchObject({ code: 'registry_unavailable' })
  await expect(routes.find(parseTenantId('other'))).rejects.toMatchObject({ code: 'registry_unavailable' })
  await routes[Symbol.asyncDispose]()
})

test('without Postgres reads stop too where the operator wants it so', async () => {
  const database = connect({ url: home.url, max: 2 })
  const routes = new LeasedRoutes(database, { leaseMs: 400, storeInDoubtMs: 1000, outageReads: 'stop', holdMs: 300 })
  await routes.start()
  await routes.find(acme)
  await database.sql.end({ timeout: 0 })
  await vi.waitFor(() => expect(routes.isReady()).toBe(false), { timeout: 60_000 })
  await expect(routes.find(acme)).rejects.toMatchObject({ code: 'registry_unavailable' })
  await routes[Symbol.asyncDispose]()
})

test('a replica that stops in order is waited for by nobody', async () => {
  const routes = await replica()
  const write = await routes.beginWrite(acme)
  write.end('settled')
  await routes[Symbol.asyncDispose]()
  const tick = await change('arm')
  expect(await passed(tick)).toEqual({ behind: 0, doubtMs: 0 })
})

test('a load that a change overtakes is not used for a write', async () => {
  const routes = await replica()
  for (const phase of ['arm', 'steady'] as const) await change(phase)
  await routes.catchUp()
  // Holds the reading of the route open while the phase changes, and the replica learns of that.
  const writing = await home.sql.begin(async (holder) => {
    await holder`lock table tenants in access exclusive mode`
    const begun = routes.beginWrite(acme)
    await vi.waitFor(async () => expect(await heldReadings()).toHaveLength(1), { timeout: 60_000, interval: 20 })
    await change('arm')
    await routes.catchUp()
    return { begun }
  })
  expect(await writing.begun).toMatchObject({ epoch: 4, moveId: '7f9c24e8-3b12-4f0e-9d3a-1c2b3a4d5e6f' })
})

test('a route that is newer than what the replica has stored as seen is used only after that is stored too', async () => {
  const routes = await replica()
  // A change that nobody is notified of.
  await home.sql`update routing_clock set tick = tick + 1`
  await home.sql`update routing set epoch = 2, change_no = (select tick from routing_clock)`
  expect(await home.sql`select seen = tick as "isSeen" from sessions, routing_clock`).toEqual([{ isSeen: false }])
  expect(await routes.beginWrite(acme)).toMatchObject({ epoch: 2 })
  expect(await home.sql`select seen = tick as "isSeen" from sessions, routing_clock`).toEqual([{ isSeen: true }])
})

/** A way to Postgres that can be made to swallow everything without a word, as a network that is cut does. */
async function tunnel() {
  const to = new URL(home.url)
  const pairs = new Set<[Socket, Socket]>()
  let swallows = false
  const server = createServer((near) => {
    const far = createConnection(Number(to.port), to.hostname)
    pairs.add([near, far])
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (bytes) => void (swallows || into.write(bytes)))
      from.on('error', () => undefined)
      from.on('close', () => void (swallows || into.destroy()))
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  stack.defer(() => {
    for (const pair of pairs) for (const socket of pair) socket.destroy()
    server.close()
  })
  const url = new URL(home.url)
  url.port = String((server.address() as AddressInfo).port)
  return { url: url.href, swallow: (on: boolean) => (swallows = on) }
}

test('a Postgres that hangs lets the lease lapse, holds no request up, and is found again over new connections', async () => {
  const way = await tunnel()
  const database = stack.use(connect({ url: way.url, max: 2 }))
  const onHung = vi.fn(() => database.replace())
  const routes = stack.use(
    new LeasedRoutes(database, {
      leaseMs: 1_500,
      storeInDoubtMs: 1_000,
      holdMs: 300,
      outageReads: 'stale',
      onHung,
      onError: () => undefined,
    }),
  )
  await routes.start()
  await routes.find(acme)
  const write = await routes.beginWrite(acme)
  way.swallow(true)
  await vi.waitFor(() => expect(write.signal.aborted).toBe(true), 10_000)
  expect(routes.isReady()).toBe(false)
  write.end('in_doubt')
  await vi.waitFor(() => expect(onHung).toHaveBeenCalled(), 10_000)
  expect(await routes.find(acme)).toMatchObject({ stale: true })
  await expect(routes.beginWrite(acme)).rejects.toMatchObject({ code: 'registry_unavailable' })
  way.swallow(false)
  await vi.waitFor(() => expect(routes.isReady()).toBe(true), 20_000)
  const tick = await change('arm')
  await vi.waitFor(async () => expect((await routes.find(acme)).routing.phase).toBe('arm'), 10_000)
  await vi.waitFor(async () => expect((await passed(tick)).behind).toBe(0), 10_000)
})

test('a lease that is not renewed stops its writes on the moment, not at the next look', async () => {
  const sleeping: { readonly ms: number; readonly wake: () => void }[] = []
  let nowMs = 0
  const clock = {
    ...systemClock,
    now: () => nowMs,
    every: () => ({ stop: () => undefined }),
    sleep: (ms: number) => new Promise<void>((wake) => void sleeping.push({ ms, wake })),
  }
  const routes = await replica({ clock })
  const { signal } = await routes.beginWrite(acme)
  const [first] = sleeping
  expect(first?.ms).toBe(9_000)
  nowMs = 9_000
  first?.wake()
  await vi.waitFor(() => expect(signal.aborted).toBe(true), { timeout: 60_000 })
})

test('a report of what has ended that fails is made again without another change', async () => {
  const routes = await replica()
  await routes.find(acme)
  await home.sql`create function no() returns trigger language plpgsql as $$ begin raise exception 'not now'; end $$`
  await home.sql`create trigger no before update of applied on sessions for each row execute function no()`
  const tick = await change('arm')
  await routes.catchUp()
  expect((await passed(tick)).behind).toBe(1)
  await home.sql`drop trigger no on sessions`
  await vi.waitFor(
    async () => {
      await routes.catchUp()
      expect((await passed(tick)).behind).toBe(0)
    },
    { timeout: 60_000 },
  )
})

test('a route says how the vectors of its place are made, and what an adopted tenant called its namespace', async () => {
  const routes = await replica()
  const made = await routes.find(acme)
  expect(made.routing.active.vectors).toEqual({ model: 'test', dimension: 4, metric: 'cosine' })
  expect(made).not.toHaveProperty('adopted')
  await home.sql`update tenants set adopted_namespace = '' where id = ${acme}`
  await home.db.transaction((tx) => tickRouting(tx, acme))
  await routes.catchUp()
  const other = await seedTenant(home, { id: 'globex' })
  expect(await routes.find(acme)).toMatchObject({ adopted: { namespace: '' } })
  expect((await routes.find(other)).routing.active.vectors).toBe((await routes.find(acme)).routing.active.vectors)
})
