import { expect, test } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { type TenantState, TwoReplicas, tenantStates } from '../support/two-replicas.ts'

/** Lag of the store: longer than the time between two requests. */
const lagMs = 1_200

/** A tenant with a few records that show, in the state, on a store that shows what comes next late. */
async function lateWorld(state: TenantState, records: Readonly<Record<string, object>>): Promise<TwoReplicas> {
  const world = await TwoReplicas.open()
  for (const [id, metadata] of Object.entries(records)) await world.upsert('a', id, metadata)
  await world.reach(state)
  world.lag(lagMs)
  return world
}

/** The final records: in the place that was written to, after the cutover, and after the way back. */
async function inTheEnd(world: TwoReplicas, ids: readonly string[]): Promise<Record<string, unknown>> {
  const first = await world.settled('b', ids)
  if (!world.isMoving) return first
  await world.throughTheSwitch()
  expect(await world.settled('a', ids)).toEqual(first)
  await world.rollBack()
  expect(await world.settled('b', ids)).toEqual(first)
  return first
}

test.each(tenantStates)('%s: a change in part keeps what another replica wrote just before', async (state) => {
  await using world = await lateWorld(state, { one: { version: 1, old: true } })
  await world.upsert('a', 'one', { version: 2 }, 'pear')
  await world.done('b', '/vectors/update', { id: 'one', setMetadata: { solved: true } })
  expect(await inTheEnd(world, ['one'])).toEqual({ one: { version: 2, solved: true } })
  const { json } = await world.done('a', '/vectors/fetch', { ids: ['one'] })
  expect(Float32Array.from(json.vectors.one.values)).toEqual(Float32Array.from(bagOfWords('pear')))
})

test.each(tenantStates)(
  '%s: a change of a record that is not there makes none, and nothing waits for it',
  async (state) => {
    await using world = await lateWorld(state, { one: { version: 1 } })
    const absent = await world.ask('a', '/vectors/update', { id: 'absent', setMetadata: { a: 1 } })
    const there = await world.ask('b', '/vectors/update', { id: 'one', setMetadata: { a: 1 } })
    expect([absent.status, absent.text]).toEqual([there.status, there.text])
    expect(absent.json).toEqual({})
    await world.done('a', '/vectors/upsert', { vectors: [{ id: 'gone', values: bagOfWords('x') }] })
    await world.done('b', '/vectors/delete', { ids: ['gone'] })
    await world.done('a', '/vectors/update', { id: 'gone', setMetadata: { a: 1 } })
    expect(await inTheEnd(world, ['one', 'absent', 'gone'])).toEqual({ one: { version: 1, a: 1 } })
  },
)

test.each(tenantStates)('%s: a filter deletes by what another replica wrote just before', async (state) => {
  const records = { kept: { lang: 'en' }, lost: { lang: 'de' }, other: { lang: 'fr' }, plain: { lang: 'en' } }
  await using world = await lateWorld(state, records)
  await world.upsert('a', 'kept', { lang: 'fr' })
  await world.upsert('a', 'lost', { lang: 'en' })
  await world.done('a', '/vectors/update', { id: 'other', setMetadata: { lang: 'en' } })
  await world.upsert('a', 'new', { lang: 'en' })
  await world.done('b', '/vectors/delete', { filter: { lang: 'en' } })
  expect(await inTheEnd(world, ['kept', 'lost', 'other', 'plain', 'new'])).toEqual({ kept: { lang: 'fr' } })
})

test.each(['copying', 'soaking'] as const)(
  '%s: a record that is written after a filter found it is looked at again before it is deleted',
  async (state) => {
    await using world = await lateWorld(state, {
      spared: { lang: 'en' },
      rewritten: { lang: 'en' },
      gone: { lang: 'en' },
    })
    const [found, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    world.stores.b.after('fetchByFilter', () => {
      found.resolve()
      return goOn.promise
    })
    const deleting = world.done('b', '/vectors/delete', { filter: { lang: 'en' } })
    await found.promise
    world.stores.b.after('fetchByFilter', undefined)
    await world.upsert('a', 'spared', { lang: 'fr' })
    await world.upsert('a', 'rewritten', { lang: 'en', again: true })
    goOn.resolve()
    await deleting
    expect(await inTheEnd(world, ['spared', 'rewritten', 'gone'])).toEqual({ spared: { lang: 'fr' } })
  },
)

test('a filter that is deleted by across a switch starts over in the new place', async () => {
  await using world = await TwoReplicas.open()
  await world.upsert('a', 'old', { lang: 'en' })
  await world.reachTheSwitch()
  const [found, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  world.stores.b.after('fetchByFilter', () => {
    found.resolve()
    return goOn.promise
  })
  const deleting = world.done('b', '/vectors/delete', { filter: { lang: 'en' } })
  await found.promise
  world.stores.b.after('fetchByFilter', undefined)
  await world.upsert('a', 'old', { lang: 'fr' })
  await world.throughTheSwitch()
  goOn.resolve()
  await deleting
  expect(await inTheEnd(world, ['old'])).toEqual({ old: { lang: 'fr' } })
})

test('deleting everything across a switch leaves nothing that was acknowledged before', async () => {
  await using world = await TwoReplicas.open()
  await world.upsert('a', 'old', { n: 1 })
  await world.reachTheSwitch()
  world.lag(lagMs)
  await world.upsert('a', 'fresh', { n: 2 })
  const [listed, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  world.stores.b.after('list', () => {
    listed.resolve()
    return goOn.promise
  })
  const deleting = world.ask('b', '/vectors/delete', { deleteAll: true })
  await listed.promise
  world.stores.b.after('list', undefined)
  await world.throughTheSwitch()
  goOn.resolve()
  expectStatus(await deleting, 200)
  expect(await inTheEnd(world, ['old', 'fresh'])).toEqual({})
})

test('with a store that applies filters to what shows, at rest only what the store itself would lose is lost', async () => {
  await using world = await lateWorld('at rest', { kept: { lang: 'en' }, lost: { lang: 'de' }, plain: { lang: 'en' } })
  world.service.local.local.setFaults({ rules: [{ fault: 'staleFilter', on: 'delete' }] })
  await world.upsert('a', 'kept', { lang: 'fr' })
  await world.upsert('a', 'lost', { lang: 'en' })
  await world.done('b', '/vectors/delete', { filter: { lang: 'en' } })
  // As the store's own client would see it: by the state before.
  expect(await inTheEnd(world, ['kept', 'lost', 'plain'])).toEqual({ lost: { lang: 'en' } })
})

test('with a store that applies filters to what shows, a tenant that moves loses nothing', async () => {
  await using world = await lateWorld('soaking', { kept: { lang: 'en' }, lost: { lang: 'de' }, plain: { lang: 'en' } })
  world.service.local.local.setFaults({ rules: [{ fault: 'staleFilter', on: 'delete' }] })
  await world.upsert('a', 'kept', { lang: 'fr' })
  await world.upsert('a', 'lost', { lang: 'en' })
  await world.done('b', '/vectors/delete', { filter: { lang: 'en' } })
  expect(await inTheEnd(world, ['kept', 'lost', 'plain'])).toEqual({ kept: { lang: 'fr' } })
})
