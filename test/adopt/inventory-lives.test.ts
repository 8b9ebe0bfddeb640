import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { InventoryWorld } from './inventory-world.ts'

let at: InventoryWorld
/** Holds the next batch of any replica, once a test sets it. */
let hold: PromiseWithResolvers<void> | undefined
const holds: PromiseWithResolvers<void>[] = []
let isHeld = Promise.withResolvers<void>()
beforeAll(async () => {
  const onBatch = async () => {
    const held = hold
    hold = undefined
    if (held === undefined) return
    isHeld.resolve()
    await held.promise
  }
  at = await InventoryWorld.open({ inventory: { onBatch, pollMs: 100 } })
})
afterAll(async () => {
  for (const { resolve } of holds) resolve()
  await at[Symbol.asyncDispose]()
})

const documentsOf = (count: number, chunks: number) =>
  Array.from({ length: count * chunks }, (_, n) => ({
    id: `doc-${String(n % count).padStart(4, '0')}#${Math.floor(n / count)}`,
  }))
const rule = { idPattern: '{document}#{chunk}' }

function holdNext(): PromiseWithResolvers<void> {
  isHeld = Promise.withResolvers()
  hold = Promise.withResolvers()
  holds.push(hold)
  return hold
}

test('another replica goes on where a dead one stopped, while the app writes; nothing is counted twice', async () => {
  await at.tenant('big', documentsOf(50, 50))
  const held = holdNext()
  await at.begin('big', rule)
  await isHeld.promise
  expect(await at.show('big')).toMatchObject({ state: 'building', records: 1_000, documents: 20, finishedAt: null })
  // Documents that the listing has passed, has not reached, and that are new.
  const ids = ['doc-0001#50', 'doc-0040#50', 'fresh#0']
  const vectors = ids.map((id) => ({ id, values: bagOfWords('bell'), metadata: { text: id } }))
  expectStatus(await at.request('big', 'POST', '/vectors/upsert', { vectors }, at.world.replicas[1]), 200)
  const { sql } = at.world.service.home
  // The holder is silent for the whole of its lease.
  await sql`update inventories set run_at = now() - interval '1 second' where tenant_id = 'big'`
  await at.ready('big')
  await expect.poll(() => at.show('big')).toMatchObject({ documents: 51, unnamed: 0, changed: 3 })
  const done = await at.show('big')
  // The first of the app's records came behind the listing; whether it met the others is the store's lag.
  expect(done.records).toBeGreaterThanOrEqual(2_500)
  expect(done.records).toBeLessThanOrEqual(2_502)
  held.resolve()
  const listed = await at.list('big')
  expect(listed.slice(0, 3)).toEqual([
    ['doc-0000', 50, 'app'],
    ['doc-0001', 50, 'changed'],
    ['doc-0002', 50, 'app'],
  ])
  expect(listed.find(([id]) => id === 'fresh')?.[2]).toBe('changed')
  // The dead one comes back, and commits nothing more.
  await expect.poll(async () => (await at.show('big')).records).toBe(done.records)
  expect(await at.list('big')).toEqual(listed)
})

test('names that an early batch finds reserved are still shown when the last batch is in', async () => {
  const plain = documentsOf(60, 40)
  await at.tenant('reserved', [{ id: '_tr_one' }, ...plain.slice(0, 1_500), { id: '_tr_two' }, ...plain.slice(1_500)])
  await at.tenant('later', [...plain, { id: 'zebra#0', metadata: { _trail: 'wood' } }])
  for (const [tenant, reserved, reservedExamples] of [
    ['reserved', 2, ['_tr_one', '_tr_two'].map((id) => ({ id, key: null }))],
    ['later', 1, [{ id: 'zebra#0', key: '_trail' }]],
  ] as const) {
    expect(await at.built(tenant, rule)).toMatchObject({ reserved, reservedExamples })
  }
})

test('an inventory during a promote begins anew at the new place, and its documents are deleted and replaced there', async () => {
  await at.tenant('mover', documentsOf(30, 50))
  expectStatus(await at.world.admin('POST', '/indexes/docs/seal', { oldKeyRevoked: true, watchS: 0 }), 200)
  const sealed = async () =>
    (await at.world.admin('GET', '/indexes')).json.items.find((one: { name: string }) => one.name === 'docs')
  await expect.poll(async () => (await sealed()).adopted, { timeout: 60_000 }).toBe('sealed')
  const held = holdNext()
  await at.begin('mover', rule)
  await isHeld.promise
  expectStatus(await at.world.admin('PATCH', '/tenants/mover', { tier: 'enterprise' }), 200)
  const move = await at.world.admin('POST', '/tenants/mover/moves', { kind: 'promote' })
  const state = async () => (await at.world.admin('GET', `/moves/${move.json.id}`)).json.state
  await expect.poll(state, { timeout: 60_000 }).toBe('soaking')
  held.resolve()
  expect(await at.ready('mover')).toMatchObject({ records: 1_500, documents: 30, unnamed: 0 })
  expect((await at.list('mover')).every(([, chunks]) => chunks === 50)).toBe(true)
  expectStatus(await at.request('mover', 'DELETE', '/documents/doc-0003', undefined, at.world.replicas[1]), 204)
  const put = await at.request('mover', 'PUT', '/documents/doc-0004', { text: 'a lamp of ours' })
  expect(put.json).toMatchObject({ status: 'updated' })
  const found = async (prefix: string) =>
    (await at.request('mover', 'POST', '/vectors/fetch', { ids: [`${prefix}#0`, `${prefix}#49`] })).json.vectors
  await expect.poll(() => found('doc-0003')).toEqual({})
  await expect.poll(() => found('doc-0004')).toEqual({})
  expect(Object.keys(await found('doc-0005'))).toHaveLength(2)
  const listed = await at.list('mover')
  expect(listed).toHaveLength(29)
  expect(listed).toContainEqual(['doc-0004', 1, 'ready'])
})
