import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { AdoptWorld } from './adopt-world.ts'

let world: AdoptWorld
beforeAll(async () => {
  world = await AdoptWorld.open()
})
afterAll(() => world[Symbol.asyncDispose]())

const texts = async (tenant: string, query: string, replica = world.replicas[0]) => {
  const answer = await world.app(tenant, '/retrieve', { query, topK: 10 }, replica)
  expectStatus(answer, 200)
  return answer.json.matches.map(({ text }: { text: string }) => text)
}

test('an index is adopted as the store describes it, again with another limit, and nothing in the store changes', async () => {
  await world.index('plain')
  const before = await world.pinecone.indexes.describe('plain')
  const { json } = await world.adopt('plain')
  expect(json).toMatchObject({
    name: 'plain',
    kind: 'pool',
    state: 'ready',
    region: 'us-east-1',
    embeddingModel: 'hash',
    dimension: 64,
    metric: 'cosine',
    adopted: 'unsealed',
    namespaces: 0,
  })
  const again = await world.adopt('plain', { kind: 'pool', model: 'hash', namespaceLimit: 7 })
  expect(again.json).toMatchObject({ limit: 7 })
  expect(await world.pinecone.indexes.describe('plain')).toEqual(before)
  // New tenants are not placed where others may write.
  expectStatus(await world.admin('POST', '/tenants', { id: 'fresh', name: 'Fresh' }), 201)
  const { items } = (await world.admin('GET', '/indexes')).json
  expect(items).toMatchObject([
    { name: 'plain', namespaces: 0 },
    { name: 'tr-pool-1', namespaces: 1, adopted: null },
  ])
})

test('namespaces become tenants under their own names, all at once; a repeat changes nothing', async () => {
  await world.index('help')
  for (const name of ['customer-1', 'customer-2', 'scratch']) {
    await world.fill('help', name, [`a bell of ${name}`, `a lamp of ${name}`])
  }
  await world.fill('help', '', ['the default one'])
  await expect
    .poll(async () => (await (await world.direct('help', 'customer-2')).describeIndexStats()).totalRecordCount)
    .toBe(7)
  await world.adopt('help')
  const dry = await world.adoptTenants('help', { pattern: 'customer-{id}' }, true)
  expectStatus(dry, 200)
  expect(dry.json).toMatchObject({ dryRun: true, adopted: 0, records: 4, leftOff: 0 })
  expect(dry.json.counts).toEqual({ new: 2, ours: 0, conflict: 0, skipped: 2 })
  expect(dry.json.rows.slice(0, 2)).toEqual([
    { namespace: 'customer-1', tenantId: '1', records: 2, verdict: 'new', reason: null },
    { namespace: 'customer-2', tenantId: '2', records: 2, verdict: 'new', reason: null },
  ])
  expect((await world.app('1', '/retrieve', { query: 'bell' })).status).toBe(403)
  const done = await world.adoptTenants('help', { pattern: 'customer-{id}' })
  expect(done.json).toMatchObject({ adopted: 2, counts: { new: 2 } })
  const map = [
    { namespace: 'customer-1', tenantId: '1' },
    { namespace: '__default__', tenantId: 'main' },
  ]
  const more = await world.adoptTenants('help', { map })
  expect(more.json).toMatchObject({ adopted: 1, counts: { new: 1, ours: 2, skipped: 1, conflict: 0 } })
  for (const replica of world.replicas) {
    expect(await texts('1', 'bell', replica)).toEqual(['a bell of customer-1', 'a lamp of customer-1'])
    expect(await texts('2', 'lamp', replica)).toEqual(['a lamp of customer-2', 'a bell of customer-2'])
    expect(await texts('main', 'default', replica)).toEqual(['the default one'])
  }
  const shown = await world.admin('GET', '/tenants/1')
  expect(shown.json).toMatchObject({ status: 'active', placement: { kind: 'pool', generation: 1 } })
  const audit = await world.admin('GET', '/audit?action=tenant.adopt')
  expect(audit.json.items).toHaveLength(3)
  for (const deed of audit.json.items) {
    expect(deed).toMatchObject({
      roles: ['platform'],
      requestId: expect.stringMatching(/./),
      detail: { index: 'help' },
    })
  }
})

test('each conflict is named, and then nothing at all is written', async () => {
  await world.index('odd')
  for (const name of ['a', 'b', 'c d', 'e']) await world.fill('odd', name, ['x'])
  await expect.poll(async () => (await (await world.direct('odd', 'e')).describeIndexStats()).totalRecordCount).toBe(4)
  await world.adopt('odd')
  const map = [
    { namespace: 'a', tenantId: 'twin' },
    { namespace: 'b', tenantId: 'twin' },
    { namespace: 'c d', tenantId: 'c d' },
    { namespace: 'e', tenantId: 'first' },
    { namespace: 'e', tenantId: 'second' },
    { namespace: 'vanished', tenantId: 'v' },
    { namespace: '', tenantId: 'd' },
  ]
  const { json } = await world.adoptTenants('odd', { map }, true)
  expect(json.rows.map((row: { namespace: string; reason: string }) => [row.namespace, row.reason])).toEqual([
    ['a', 'the map gives this id to several namespaces'],
    ['b', 'the map gives this id to several namespaces'],
    ['c d', 'the id must be 1 to 64 of the characters A–Z a–z 0–9 _ -'],
    ['e', 'the map has this namespace twice'],
    ['e', 'the map has this namespace twice'],
    ['vanished', 'the index has no such namespace'],
    ['', 'write the default namespace as __default__'],
  ])
  expect(json.rows.map(({ path }: { path?: string }) => path?.replace(/^map\[(\d)\]\./, '$1 '))).toEqual([
    '0 tenantId',
    '1 tenantId',
    '2 tenantId',
    '3 namespace',
    '4 namespace',
    '5 namespace',
    '6 namespace',
  ])
  const refused = await world.adoptTenants('odd', { map: [{ namespace: 'a', tenantId: 'good' }, ...map.slice(2, 3)] })
  expect(refused).toMatchObject({
    status: 409,
    json: {
      code: 'conflict',
      faults: [{ path: 'map[1].tenantId', message: expect.stringMatching(/^c d: the id must/) }],
    },
  })
  expect((await world.admin('GET', '/tenants/good')).status).toBe(404)
  const taken = await world.adoptTenants('odd', { map: [{ namespace: 'a', tenantId: 'fresh' }] })
  expect(taken.json.faults).toEqual([
    { path: 'map[0].tenantId', message: 'a: a tenant has or had this id, with another place' },
  ])
  await world.adopt('odd', { kind: 'pool', model: 'hash', namespaceLimit: 1 })
  const crowd = ['a', 'b'].map((namespace) => ({ namespace, tenantId: namespace }))
  expect((await world.adoptTenants('odd', { map: crowd })).json.detail).toContain('room for 1 more tenants')
  for (const body of [{ pattern: 'no-id' }, {}, { map, pattern: '{id}' }]) {
    expect((await world.adoptTenants('odd', body)).status).toBe(400)
  }
  expect((await world.adoptTenants('nowhere', { pattern: '{id}' })).json.detail).toContain(
    'No index nowhere was adopted',
  )
  await world.index('brief')
  await world.adopt('brief')
  await world.pinecone.indexes.configure('brief', { deletionProtection: 'disabled' })
  await world.pinecone.indexes.delete('brief')
  await expect
    .poll(async () => (await world.adoptTenants('brief', { pattern: '{id}' })).json.detail)
    .toBe('The vector store no longer has the index brief. Nothing was written.')
})

test('a pattern gives the default namespace no id, and a map does', async () => {
  await world.index('nameless')
  for (const name of ['', 'named-x']) await world.fill('nameless', name, ['x'])
  await expect
    .poll(async () => (await (await world.direct('nameless', 'named-x')).describeIndexStats()).totalRecordCount)
    .toBe(2)
  await world.adopt('nameless')
  const { json } = await world.adoptTenants('nameless', { pattern: '{id}' })
  expect(json.rows).toMatchObject([
    { namespace: 'named-x', tenantId: 'named-x', verdict: 'new' },
    {
      namespace: '__default__',
      tenantId: null,
      verdict: 'skipped',
      reason: 'the default namespace gets its id by a map',
    },
  ])
  const map = [{ namespace: '__default__', tenantId: 'unnamed-one' }]
  expect((await world.adoptTenants('nameless', { map })).json).toMatchObject({ adopted: 1 })
})

test('an index that does not fit is refused with a sentence', async () => {
  await world.index('small', { dimension: 8 })
  await world.index('words', { metric: 'dotproduct' })
  await world.index('far', { metric: 'euclidean' })
  const refusal = async (name: string, body: object) => {
    const answer = await world.admin('POST', `/indexes/${name}/adopt`, body)
    return [answer.status, answer.json.detail]
  }
  const pool = { kind: 'pool', model: 'hash' }
  expect(await refusal('small', pool)).toEqual([400, expect.stringContaining('it has 8 dimensions, and hash makes 64')])
  expect(await refusal('words', pool)).toEqual([400, expect.stringContaining('it compares by dotproduct, and hash is')])
  expect(await refusal('far', { kind: 'pool' })).toEqual([400, expect.stringContaining('compares by euclidean')])
  expect(await refusal('small', { ...pool, model: 'other' })).toEqual([400, expect.stringContaining('these are named')])
  expect(await refusal('gone', pool)).toEqual([404, expect.stringContaining('has no index gone')])
  expect(await refusal('tr-pool-1', pool)).toEqual([409, expect.stringContaining('belongs to a tenant-router')])
  expect(await refusal('small', { ...pool, project: 'nope' })).toEqual([400, expect.stringContaining('project')])
  const { local } = world.service.local
  const fails = (on: 'describeIndex' | 'listNamespaces', status: number) =>
    local.setFaults({ rules: [{ on, fault: 'error', status }] })
  fails('describeIndex', 401)
  expect(await refusal('plain', pool)).toEqual([503, expect.stringContaining('check the API key')])
  fails('listNamespaces', 429)
  const busy = await world.adoptTenants('odd', { pattern: '{id}' })
  expect([busy.status, busy.json.code, busy.json.detail]).toEqual([503, 'store_busy', expect.stringContaining('busy')])
  local.setFaults({ rules: [] })
})

test('where only apps make vectors, texts are a clear refusal and vectors are served', async () => {
  await world.index('raw', { dimension: 8 })
  await (await world.direct('raw', 'r')).upsert({ records: [{ id: 'one', values: [1, 0, 0, 0, 0, 0, 0, 0] }] })
  await expect.poll(async () => (await (await world.direct('raw', 'r')).describeIndexStats()).totalRecordCount).toBe(1)
  await world.adopt('raw', { kind: 'silo' })
  expectStatus(await world.adoptTenants('raw', { map: [{ namespace: 'r', tenantId: 'raw' }] }), 200)
  expect((await world.admin('GET', '/tenants/raw')).json.placement).toMatchObject({ kind: 'silo', index: 'raw' })
  const byWords = await world.app('raw', '/retrieve', { query: 'bell' })
  expect([byWords.status, byWords.json.detail]).toEqual([400, expect.stringContaining('Send vectors instead')])
  const byVector = await world.app('raw', '/retrieve', { vector: [1, 0, 0, 0, 0, 0, 0, 0] })
  expect(byVector.json.matches).toMatchObject([{ id: 'one' }])
})
