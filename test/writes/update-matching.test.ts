import { expect, test } from 'vitest'
import { bagOfWords } from '../support/hash-embedder.ts'
import { type TenantState, TwoReplicas, tenantStates } from '../support/two-replicas.ts'

/** Lag of the store: longer than the time between two requests. */
const lagMs = 1_200

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

/** An update by filter, which only the vendor's dialect has. */
async function updateWhere(world: TwoReplicas, replica: 'a' | 'b', body: object) {
  const apiKey = (await world.service.issuer.tenant('acme')).slice('Bearer '.length)
  const ask = { path: '/vectors/update', headers: { 'api-key': apiKey }, body }
  const answer = await world.replicas[replica].public(ask)
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
  return answer.json
}

test.each(tenantStates)('%s: a filter updates by what another replica wrote just before', async (state) => {
  const records = { kept: { lang: 'en' }, hit: { lang: 'de' }, other: { lang: 'fr' }, plain: { lang: 'en' } }
  await using world = await lateWorld(state, records)
  await world.upsert('a', 'kept', { lang: 'fr' })
  await world.upsert('a', 'hit', { lang: 'en' }, 'pear')
  await world.done('a', '/vectors/update', { id: 'other', setMetadata: { lang: 'en' } })
  await updateWhere(world, 'b', { filter: { lang: 'en' }, setMetadata: { seen: true } })
  expect(await inTheEnd(world, Object.keys(records))).toEqual({
    kept: { lang: 'fr' },
    hit: { lang: 'en', seen: true },
    other: { lang: 'en', seen: true },
    plain: { lang: 'en', seen: true },
  })
  const { json } = await world.done('a', '/vectors/fetch', { ids: ['hit'] })
  expect(Float32Array.from(json.vectors.hit.values)).toEqual(Float32Array.from(bagOfWords('pear')))
})

test.each(tenantStates)('%s: what was deleted just before stays deleted, and nothing is made', async (state) => {
  await using world = await lateWorld(state, { gone: { lang: 'en' }, left: { lang: 'en' } })
  await world.done('a', '/vectors/delete', { ids: ['gone'] })
  await updateWhere(world, 'b', { filter: { lang: 'en' }, setMetadata: { lang: 'de' } })
  expect(await inTheEnd(world, ['gone', 'left'])).toEqual({ left: { lang: 'de' } })
})

test('of a moving tenant more records are updated than one call takes, and counted', async () => {
  await using world = await TwoReplicas.open()
  const vectors = Array.from({ length: 230 }, (_, at) => ({
    id: `many-${at}`,
    values: bagOfWords('many'),
    metadata: { lang: at < 210 ? 'en' : 'de' },
  }))
  await world.done('a', '/vectors/upsert', { vectors })
  await world.reach('copying')
  world.lag(100)
  const body = { filter: { lang: 'en' }, setMetadata: { lang: 'fr' } }
  expect(await updateWhere(world, 'b', { ...body, dryRun: true })).toEqual({ matchedRecords: 210 })
  expect(await updateWhere(world, 'b', body)).toEqual({ matchedRecords: 210 })
  const found = await inTheEnd(
    world,
    vectors.map(({ id }) => id),
  )
  expect(Object.values(found).filter((one) => (one as { lang: string }).lang === 'fr')).toHaveLength(210)
})

test('an update by filter that a switch interrupts reaches the records where the tenant has gone', async () => {
  await using world = await TwoReplicas.open()
  for (const id of ['one', 'two']) await world.upsert('a', id, { lang: 'en' })
  await world.reachTheSwitch()
  const updated = updateWhere(world, 'b', { filter: { lang: 'en' }, setMetadata: { lang: 'de' } })
  world.release()
  await updated
  await world.until('soaking')
  expect(await world.settled('a', ['one', 'two'])).toEqual({ one: { lang: 'de' }, two: { lang: 'de' } })
})
