import { expect, test } from 'vitest'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { expectStatus } from '../support/expect-status.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { TwoReplicas, tenantStates } from '../support/two-replicas.ts'

const values = bagOfWords('apple')
/** Metadata of so many bytes as JSON. */
const sized = (bytes: number) => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) })
/** The limit for callers in docs/contract.md, and the vendor's. */
const [callersBytes, vendorsBytes] = [40_928, 40_960]

test.each(tenantStates)('%s: metadata has the same room, and the record can be changed in part', async (state) => {
  await using world = await TwoReplicas.open()
  await world.upsert('a', 'copied', {})
  await world.reach(state)
  await world.upsert('a', 'full', sized(callersBytes))
  const tooLarge = { vectors: [{ id: 'more', values, metadata: sized(callersBytes + 1) }] }
  expect(await world.ask('a', '/vectors/upsert', tooLarge)).toMatchObject({
    status: 400,
    json: { faults: [{ path: 'vectors[0].metadata' }] },
  })
  const change = { id: 'full', setMetadata: sized(callersBytes + 1) }
  expectStatus(await world.ask('a', '/vectors/update', change), 400)
  await world.done('b', '/vectors/update', { id: 'full', values: bagOfWords('pear') })
  await world.done('b', '/vectors/update', { id: 'full', setMetadata: sized(callersBytes) })
  expect(await world.settled('a', ['full', 'more'])).toEqual({ full: sized(callersBytes) })
})

test.each(tenantStates)(
  '%s: a record that leaves no room for a stamp is changed, moved and moved back',
  async (state) => {
    await using world = await TwoReplicas.open()
    const tenantId = parseTenantId('acme')
    const { routing } = await world.replicas.a.services.routes.find(tenantId)
    const records = ['changed', 'untouched', 'merged'].map((id) => ({ id, values, metadata: sized(vendorsBytes) }))
    await world.stores.a.open(routing.active).upsert(records)
    await world.reach(state)
    await world.done('b', '/vectors/update', { id: 'changed', values: bagOfWords('pear') })
    await world.done('a', '/vectors/update', { id: 'merged', setMetadata: { a: 'short' } })
    if (state === 'at rest') await world.promote()
    await world.throughTheSwitch()
    const expected = { changed: sized(vendorsBytes), untouched: sized(vendorsBytes), merged: { a: 'short' } }
    expect(await world.settled('b', Object.keys(expected))).toEqual(expected)
    await world.done('b', '/vectors/update', { id: 'changed', values: bagOfWords('plum') })
    await world.rollBack()
    expect(await world.settled('a', Object.keys(expected))).toEqual(expected)
    const { json } = await world.done('a', '/vectors/fetch', { ids: ['changed'] })
    expect(Float32Array.from(json.vectors.changed.values)).toEqual(Float32Array.from(bagOfWords('plum')))
  },
)
