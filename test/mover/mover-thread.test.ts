import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MoverWorld, vectorOf } from './mover-world.ts'

let world: MoverWorld
beforeEach(async () => {
  world = await MoverWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

const patient = { timeout: 60_000, interval: 50 }

test('a move is carried on by a thread of its own, whose calls, costs and questions are those of its replica', async () => {
  const a = await world.replica()
  await world.tenant(a, 'acme', 250)
  for (const n of [3, 5, 7]) await world.done(a, '/retrieve', { vector: vectorOf(n), topK: 5 })
  // No move, no thread.
  expect(a.threads).toHaveLength(0)
  expect((await a.admin({ path: '/metrics' })).text).not.toContain('operation="fetch"')
  const id = await world.promote(a, 'acme')
  const move = await world.until(id, 'soaking')
  expect(a.threads).toHaveLength(1)
  // The serving thread alone knows the tenant's questions.
  expect(move.verification).toMatchObject({ equal: 250, replayed: { queries: 3 } })
  expect((await a.admin({ path: '/metrics' })).text).toMatch(
    /store_calls_total\{operation="fetch",status="200"\} [1-9]/,
  )
  expect(await a.metric('tenant_router_mover_up')).toBe(1)
  expect(await a.metric('tenant_router_mover_deaths_total')).toBe(0)
  // Usage is reported once a minute, and at the end.
  await a.services[Symbol.asyncDispose]()
  const [row] = await world.service.home.sql`
    select sum(read_units)::int as units from tenant_requests where tenant_id = 'acme'`
  // The tenant's own reads cost a few units; 250 records cost 25 each time that a place is read.
  expect(row?.units).toBeGreaterThan(75)
})

test('a thread that dies under a move ends nothing else: the next one goes on where it was', async () => {
  const a = await world.replica()
  await world.tenant(a, 'acme', 250)
  const release = world.holdFetches()
  const id = await world.promote(a, 'acme')
  const token = await world.untilCopying(id)
  await a.threads[0]?.terminate()
  await vi.waitFor(async () => expect(await a.metric('tenant_router_mover_deaths_total')).toBe(1), patient)
  expect(a.logged().filter((line) => line.includes("the mover's thread has ended"))).toHaveLength(1)
  // The tenant is served meanwhile.
  const { matches } = await world.done(a, '/retrieve', { vector: vectorOf(3), topK: 1 })
  expect(matches[0].id).toBe('r3')
  const [left] = await world.service.home.sql`select mover_lease_until from moves where id = ${id}`
  expect(left?.mover_lease_until).not.toBeNull()
  // Its lease ends now, so that no test waits for it.
  await world.service.home.sql`update moves set mover_lease_until = now() where id = ${id}`
  release()
  const move = await world.until(id, 'soaking')
  expect(Number(move.mover_token)).toBeGreaterThan(token)
  expect(move.verification).toMatchObject({ equal: 250 })
  expect(a.threads.length).toBeGreaterThan(1)
  expect(await a.metric('tenant_router_mover_up')).toBe(1)
})

test('a replica that stops gives its move back at once, and the other one goes on', async () => {
  const a = await world.replica()
  await world.tenant(a, 'acme', 250)
  const release = world.holdFetches()
  const id = await world.promote(a, 'acme')
  const token = await world.untilCopying(id)
  const exit = vi.fn()
  a.threads[0]?.on('exit', exit)
  await a.services[Symbol.asyncDispose]()
  // In order, and not by force.
  expect(exit).toHaveBeenCalledWith(0)
  const [left] = await world.service.home.sql`select mover_lease_until, state from moves where id = ${id}`
  expect(left).toMatchObject({ mover_lease_until: null, state: 'copying' })
  const b = await world.replica()
  release()
  const move = await world.until(id, 'soaking')
  expect(Number(move.mover_token)).toBeGreaterThan(token)
  expect(b.threads).toHaveLength(1)
})

test('what the mover logs is in the log of its replica, and faults of the store end no thread', async () => {
  const a = await world.replica()
  await world.tenant(a, 'acme', 50)
  const { local } = world.service.local
  local.setFaults({ rules: [{ fault: 'error', on: 'list', status: 400, message: 'a stand-in says no', times: 1 }] })
  const id = await world.promote(a, 'acme')
  const lines = await vi.waitFor(() => {
    const found = a.logged().filter((line) => line.includes('a step of a move failed'))
    expect(found.length).toBeGreaterThan(0)
    return found
  }, patient)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'warn', move: id, service: 'tenant-router' })
  // The store's fault was on.
  expect(local.faults().rules).toMatchObject([{ times: 0 }])
  expect(await a.metric('tenant_router_mover_deaths_total')).toBe(0)
})

test("the mover hears of the calls of its replica's tenants that the store refuses, and of no others", async () => {
  const a = await world.replica()
  await world.tenant(a, 'acme', 50)
  world.holdFetches()
  await world.untilCopying(await world.promote(a, 'acme'))
  const [thread] = a.threads
  if (thread === undefined) throw new Error('a move that copies has a thread')
  const told = vi.spyOn(thread, 'postMessage')
  const refusals = () => told.mock.calls.flatMap(([message]) => (message.kind === 'refused' ? [message.call] : []))
  await world.done(a, '/retrieve', { vector: vectorOf(3), topK: 1 })
  expect(refusals()).toEqual([])
  const { local } = world.service.local
  const { rules } = local.faults()
  local.setFaults({ rules: [...rules, { fault: 'error', on: 'query', status: 429, times: 1 }] })
  await world.done(a, '/retrieve', { vector: vectorOf(4), topK: 1 })
  const [place] = await world.service.home.sql`
    select project, index_name from places where tenant_id = 'acme' order by id limit 1`
  expect(refusals()).toEqual([{ project: place?.project, index: place?.index_name, refusals: 1 }])
})
