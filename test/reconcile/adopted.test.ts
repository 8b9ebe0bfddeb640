import { afterEach, beforeEach, expect, test } from 'vitest'
import { AdoptWorld } from '../adopt/adopt-world.ts'
import { expectStatus } from '../support/expect-status.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { holdRound } from '../support/hold-round.ts'

let world: AdoptWorld
beforeEach(async () => {
  world = await AdoptWorld.open({ RECONCILE_EVERY_H: '0', RECONCILE_GRACE_H: '0' }, { reconcile: { pollMs: 50 } })
})
afterEach(() => world[Symbol.asyncDispose]())

const patient = { timeout: 60_000, interval: 100 }

// biome-ignore lint/suspicious/noExplicitAny: a test looks into an answer as an outside caller does
type Json = any

async function reconcile(fix: boolean): Promise<Json> {
  const begun = await world.admin('POST', '/reconciliations', { fix })
  expectStatus(begun, 202)
  const path = `/reconciliations/${begun.json.id}`
  await expect.poll(async () => (await world.admin('GET', path)).json.state, patient).toBe('done')
  return (await world.admin('GET', `${path}/findings`)).json.items
}

test('in an adopted index a fix deletes nothing while an older key may write, and what others named is never touched', async () => {
  await world.index('shared')
  for (const name of ['ns-leaver', 'ns-stays', 'not-adopted']) await world.fill('shared', name, [`bell of ${name}`])
  await world.adopt('shared')
  const both = ['leaver', 'stays'].map((tenantId) => ({ namespace: `ns-${tenantId}`, tenantId }))
  expectStatus(await world.adoptTenants('shared', { map: both }), 200)
  expectStatus(await world.admin('POST', '/indexes/shared/seal', { oldKeyRevoked: true, watchS: 0 }), 200)
  expectStatus(await world.admin('DELETE', '/tenants/leaver'), 202)
  const status = async () => (await world.admin('GET', '/tenants/leaver')).json.status
  await expect.poll(status, patient).toBe('offboarded')

  // The sweep of the replicas, which would delete it within a minute, waits.
  const { sql } = world.service.home
  await sql`select`
  await holdRound(sql, 'sweep')
  const late = await world.direct('shared', 'ns-leaver')
  await late.upsert({ records: [{ id: 'late', values: bagOfWords('late') }] })
  await world.shown('shared', 'ns-leaver')
  // The statement that no older key writes was wrong, and is taken back.
  await sql`update indexes set sealed_at = null where name = 'shared'`

  const kinds = (items: Json) => items.map((one: Json) => [one.kind, one.namespace, one.fix]).sort()
  const expected = (fix: string) => [
    ['namespace_foreign', null, 'none'],
    ['namespace_returned', 'ns-leaver', fix],
  ]
  for (const fix of [false, true, true]) {
    const items = await reconcile(fix)
    expect(kinds(items)).toEqual(expected('refused'))
    const [returned] = items.filter(({ kind }: Json) => kind === 'namespace_returned')
    expect(returned.fixNote).toContain('tenant-router indexes seal shared')
  }
  const there = async (namespace: string) => (await world.direct('shared', namespace)).describeIndexStats()
  const namespaces = async () => Object.keys((await there('')).namespaces ?? {}).sort()
  expect(await namespaces()).toEqual(['not-adopted', 'ns-leaver', 'ns-stays'])

  // Once it is sealed the same finding is settled, and nothing else is.
  expectStatus(await world.admin('POST', '/indexes/shared/seal', { oldKeyRevoked: true, watchS: 0 }), 200)
  expect(kinds(await reconcile(true))).toEqual(expected('done'))
  await expect.poll(namespaces, patient).toEqual(['not-adopted', 'ns-stays'])
  expectStatus(await world.app('stays', '/retrieve', { query: 'bell' }), 200)
})
