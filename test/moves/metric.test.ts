import { afterEach, expect, test } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { MoveHolds } from '../support/move-holds.ts'
import { moveRows } from '../support/move-rows.ts'
import { type ServiceReplica, ServiceWorld } from '../support/service-world.ts'

/** Far more than a step of a move takes, so that one that hangs is explained. */
const hangsAfterMs = 90_000

let world: ServiceWorld
let app: string
let staff: string
/** New indexes that `a` makes compare by the first metric, those of `b` by the other. */
let a: ServiceReplica
let b: ServiceReplica
afterEach(() => world[Symbol.asyncDispose]())

/** A vector of a length, of 64 dimensions, in a direction of its own. */
function vector(seed: number, length = 1): number[] {
  const raw = Array.from({ length: 64 }, (_, at) => Math.sin(seed * 97 + at * 13))
  const now = Math.hypot(...raw)
  return raw.map((value) => (value / now) * length)
}

const record = (id: string, seed: number, length = 1) => ({ id, values: vector(seed, length), metadata: { seed } })

/** A tenant with six records of its app in a shared index, and another shared index that compares otherwise. */
async function open(metric: 'cosine' | 'dotproduct', holds = new MoveHolds()): Promise<void> {
  world = await ServiceWorld.open()
  const other = metric === 'cosine' ? 'dotproduct' : 'cosine'
  a = await world.replica({ INDEX_METRIC: metric }, holds.overrides)
  b = await world.replica({ INDEX_METRIC: other }, holds.overrides)
  app = await world.onboard(a, 'acme')
  staff = await world.issuer.staff('platform')
  expectStatus(await b.admin({ path: '/indexes', authorization: staff, body: {} }), 201)
  await put(...[1, 2, 3, 4, 5, 6].map((seed) => record(`r${seed}`, seed)))
}

async function put(...vectors: readonly object[]): Promise<void> {
  expectStatus(await a.public({ path: '/vectors/upsert', authorization: app, body: { vectors } }), 200)
}

async function fetched(ids: readonly string[]) {
  return expectStatus(await b.public({ path: '/vectors/fetch', authorization: app, body: { ids } }), 200).json.vectors
}

async function move(): Promise<string> {
  const body = { kind: 'rebalance', to: 'tr-pool-2' }
  return expectStatus(await a.admin({ path: '/tenants/acme/moves', authorization: staff, body }), 202).json.id
}

async function steer(id: string, verb: string): Promise<void> {
  expectStatus(await a.admin({ method: 'POST', path: `/moves/${id}/${verb}`, authorization: staff }), 202)
}

// biome-ignore lint/suspicious/noExplicitAny: a test looks into an answer as an outside caller does
async function until(id: string, state: string): Promise<any> {
  for (const startedAt = performance.now(); ; ) {
    const { json } = await a.admin({ path: `/moves/${id}`, authorization: staff })
    if (json.state === state) return json
    const isOver = json.endedAt !== null || json.state === 'paused'
    if (isOver || performance.now() - startedAt > hangsAfterMs)
      throw new Error(`not ${state}: ${JSON.stringify(json)}\n${await moveRows(world.home, id)}`)
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
}

test('vectors of unit length go to an index of the other metric while the app writes, and back without sparse values', async () => {
  const holds = new MoveHolds()
  await open('cosine', holds)
  world.local.local.setFaults({ lagMs: 300, rules: [] })
  const before = await fetched(['r1', 'r2', 'r3', 'r4', 'r5', 'r6'])
  const { reached, release } = holds.hold('copy: batch claimed')
  const id = await move()
  await reached
  await put(record('late', 7))
  release()
  const { verification } = await until(id, 'soaking')
  expect(verification.unitLength).toEqual({ from: 'cosine', to: 'dotproduct', records: 7 })
  world.local.local.setFaults({ lagMs: 0, rules: [] })
  expect(await fetched(Object.keys(before))).toEqual(before)
  // In an index that compares by dot product, a document has the sparse values of its words.
  const document = { method: 'PUT', path: '/documents/doc', authorization: app, body: { text: 'a bike in winter' } }
  expectStatus(await a.public(document), 201)
  expect((await fetched(['doc#0']))['doc#0'].sparseValues.indices.length).toBeGreaterThan(0)
  await steer(id, 'rollback')
  await until(id, 'rolled_back')
  const back = await fetched([...Object.keys(before), 'late', 'doc#0'])
  expect(back).toMatchObject(before)
  expect(Object.keys(back)).toHaveLength(8)
  expect(back['doc#0'].sparseValues).toBeUndefined()
})

test('records that are not of unit length stop the move before the switch, with their number and the first of them', async () => {
  await open('cosine')
  await put(record('r2', 2, 1.5), record('r5', 5, 0.2))
  const id = await move()
  const stopped = await until(id, 'paused')
  expect(stopped.gate).toContain('2 record(s)')
  expect(stopped.gate).toContain('r2: its vector is 1.5 long')
  expect(stopped.waitsFor.kind).toBe('needs_person')
  expect((await a.admin({ path: '/tenants/acme', authorization: staff })).json.placement.index).toBe('tr-pool-1')
  await put(record('r2', 2), record('r5', 5))
  await steer(id, 'resume')
  await until(id, 'soaking')
})

test('a record of another length that is written after the comparison stops the move before the switch too', async () => {
  const holds = new MoveHolds()
  await open('cosine', holds)
  const compared = holds.hold('verify: compared')
  const id = await move()
  await compared.reached
  await put(record('long', 8, 3))
  compared.release()
  expect((await until(id, 'paused')).gate).toContain('long: its vector is 3 long')
  expectStatus(await a.public({ path: '/vectors/delete', authorization: app, body: { ids: ['long'] } }), 200)
  await steer(id, 'resume')
  await until(id, 'soaking')
  expect(await fetched(['long'])).toEqual({})
})

test('sparse values, which an index that compares by cosine does not take, stop the move', async () => {
  await open('dotproduct')
  await put({ ...record('r4', 4), sparseValues: { indices: [3, 9], values: [0.5, 0.5] } })
  const id = await move()
  expect((await until(id, 'paused')).gate).toContain('r4: it has sparse values')
  await put(record('r4', 4))
  await steer(id, 'resume')
  const { verification } = await until(id, 'soaking')
  expect(verification.unitLength).toEqual({ from: 'dotproduct', to: 'cosine', records: 6 })
})
