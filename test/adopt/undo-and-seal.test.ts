import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { listen } from '../../src/http/listen.ts'
import { runCli } from '../cli/run-cli.ts'
import { expectStatus } from '../support/expect-status.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { AdoptWorld } from './adopt-world.ts'

let world: AdoptWorld
beforeAll(async () => {
  world = await AdoptWorld.open()
  await world.index('shared')
  for (const name of ['ns-a', 'ns-b', 'ns-c']) await world.fill('shared', name, [`bell of ${name}`, 'lamp'])
  const { host } = await world.pinecone.indexes.describe('shared')
  const stats = () => world.pinecone.index({ host }).describeIndexStats()
  await vi.waitFor(async () => expect((await stats()).totalRecordCount).toBe(6))
})
afterAll(() => world[Symbol.asyncDispose]())

const put = (tenant: string, id: string, replica = world.replicas[0]) =>
  world.app(tenant, '/vectors/upsert', { vectors: [{ id, values: bagOfWords(id), metadata: { text: id } }] }, replica)
const adoptAll = async () => {
  await world.adopt('shared')
  expectStatus(await world.adoptTenants('shared', { pattern: 'ns-{id}' }), 200)
}

test('an adoption is undone until the first write, and can then be made anew', async () => {
  await adoptAll()
  for (const replica of world.replicas) {
    for (const id of ['a', 'b', 'c']) expectStatus(await world.app(id, '/retrieve', { query: 'bell' }, replica), 200)
  }
  expectStatus(await put('b', 'mine'), 200)
  const dry = await world.admin('DELETE', '/indexes/shared/adopt?dryRun=true')
  expect(dry.json).toEqual({ index: 'shared', dryRun: true, undone: 2, kept: ['b'], forgotten: false })
  const [{ services }] = world.replicas
  const listener = world.service.stack.use(await listen(services.adminApp, { host: '127.0.0.1', port: 0 }))
  const env = { TENANT_ROUTER_URL: listener.url, TENANT_ROUTER_TOKEN: world.platform.replace('Bearer ', '') }
  const shown = await runCli(['indexes', 'adopt', 'shared', '--undo', '--dry-run', '--json'], env)
  expect([shown.code, JSON.parse(shown.out)]).toEqual([0, dry.json])
  const undone = await world.admin('DELETE', '/indexes/shared/adopt')
  expect(undone.json).toEqual({ index: 'shared', dryRun: false, undone: 2, kept: ['b'], forgotten: false })
  for (const replica of world.replicas) {
    expect((await world.app('a', '/retrieve', { query: 'bell' }, replica)).json.code).toBe('tenant_unknown')
    expect((await put('a', 'late', replica)).json.code).toBe('tenant_unknown')
    expectStatus(await world.app('b', '/retrieve', { query: 'bell' }, replica), 200)
  }
  const there = await (await world.direct('shared', 'ns-a')).fetch({ ids: ['rec-0', 'rec-1', 'late'] })
  expect(Object.keys(there.records).sort()).toEqual(['rec-0', 'rec-1'])
  // Other ids for the same namespaces are no conflict, for nothing was ever theirs.
  const map = [{ namespace: 'ns-a', tenantId: 'anna' }]
  expectStatus(await world.adoptTenants('shared', { map }), 200)
  const { json } = await world.app('anna', '/retrieve', { query: 'bell', topK: 1 })
  expect(json.matches).toMatchObject([{ id: 'rec-0', text: 'bell of ns-a' }])
})

test('an id whose adoption is being undone is not given to a new tenant before the undoing ends', async () => {
  await world.index('undone')
  await world.fill('undone', 'ns-zoe', ['a bell'])
  await world.adopt('undone')
  const all = { pattern: 'ns-{id}' }
  await expect.poll(async () => (await world.adoptTenants('undone', all, true)).json.counts.new).toBe(1)
  expectStatus(await world.adoptTenants('undone', all), 200)
  // Between its two steps: no replica serves the tenant any more, and its rows are still there.
  await world.service.home.sql`update tenants set status = 'offboarded' where id = 'zoe'`
  const create = () => world.admin('POST', '/tenants', { id: 'zoe', name: 'zoe' })
  expect((await create()).json).toMatchObject({ code: 'conflict' })
  const undone = await world.admin('DELETE', '/indexes/undone/adopt')
  expect(undone.json).toMatchObject({ undone: 1, kept: [], forgotten: true })
  expectStatus(await create(), 201)
})

test('while an older key may write, reads and writes work, and moves and offboarding are refused with the reason', async () => {
  expectStatus(await world.adoptTenants('shared', { map: [{ namespace: 'ns-c', tenantId: 'c' }] }), 200)
  await (await world.direct('shared', 'ns-c')).upsert({
    records: [{ id: 'theirs', values: bagOfWords('horn'), metadata: { text: 'horn', old: true } }],
  })
  await expect
    .poll(async () => (await world.app('c', '/vectors/fetch', { ids: ['theirs'] })).json.vectors.theirs?.metadata)
    .toEqual({ text: 'horn', old: true })
  for (const path of ['/tenants/c/moves', '/tenants/b/moves']) {
    const refused = await world.admin('POST', path, { kind: 'promote' })
    expect([refused.status, refused.json.detail]).toEqual([
      409,
      expect.stringContaining('index shared, which is not sealed'),
    ])
  }
  const plan = await world.admin('POST', '/tenants/c/moves', { kind: 'promote', plan: true })
  expect(JSON.stringify(plan.json.refusals)).toContain('not sealed')
  const offboarded = await world.admin('DELETE', '/tenants/c')
  expect([offboarded.status, offboarded.json.detail]).toEqual([409, expect.stringContaining('not sealed')])
  expectStatus(await world.app('c', '/vectors/delete', { filter: { old: true } }), 200)
  const direct = await world.direct('shared', 'ns-c')
  await expect
    .poll(async () => Object.keys((await direct.fetch({ ids: ['theirs', 'rec-0'] })).records))
    .toEqual(['rec-0'])
  expectStatus(await world.app('c', '/vectors/delete', { deleteAll: true }), 200)
  await expect.poll(async () => Object.keys((await direct.fetch({ ids: ['rec-0'] })).records)).toEqual([])
})

test('sealing needs the statement, and a write of somebody else while it is watched withdraws it', async () => {
  const bare = await world.admin('POST', '/indexes/shared/seal', { oldKeyRevoked: false })
  expect([bare.status, bare.json.faults[0].path]).toEqual([400, 'oldKeyRevoked'])
  const stated = await world.admin('POST', '/indexes/shared/seal', { oldKeyRevoked: true, watchS: 12 })
  expect(stated.json.adopted).toBe('sealing')
  const adopted = async () => (await world.admin('GET', '/indexes')).json.items[0].adopted
  const other = await world.direct('shared', 'ns-b')
  // A router's own writes are no suspicion.
  for (const replica of world.replicas) expectStatus(await put('b', 'ours', replica), 200)
  let at = 0
  await expect
    .poll(
      async () => {
        await other.upsert({ records: [{ id: 'foreign', values: bagOfWords('x'), metadata: { at: at++ } }] })
        return adopted()
      },
      { interval: 1_000, timeout: 60_000 },
    )
    .toBe('unsealed')
  const audit = await world.admin('GET', '/audit?action=place.foreign_write')
  expect(audit.json.items.length).toBeGreaterThan(0)
  for (const { tenantId } of audit.json.items) expect(tenantId).toBe('b')
})

test('a sealed tenant is promoted with all that it has; foreign writes to a sealed one freeze its moves', async () => {
  expectStatus(await world.admin('POST', '/indexes/shared/seal', { oldKeyRevoked: true, watchS: 0 }), 200)
  const other = await world.direct('shared', 'ns-b')
  const metric = async () =>
    Number(
      /^tenant_router_adopted_places_suspect (\d+)$/m.exec(
        (await world.replicas[0].admin({ path: '/metrics' })).text,
      )?.[1],
    )
  let at = 0
  const frozen = async () => {
    await other.upsert({ records: [{ id: 'foreign', values: bagOfWords('x'), metadata: { at: at++ } }] })
    const { json } = await world.admin('POST', '/tenants/b/moves', { kind: 'promote', plan: true })
    return JSON.stringify(json.refusals)
  }
  await expect.poll(frozen, { interval: 1_000, timeout: 90_000 }).toContain('its moves are frozen')
  expect(await metric()).toBe(1)
  expectStatus(await world.admin('POST', '/indexes/shared/seal', { oldKeyRevoked: true, watchS: 0 }), 200)
  const started = await world.admin('POST', '/tenants/b/moves', { kind: 'promote' })
  expectStatus(started, 202)
  const move = async () => (await world.admin('GET', `/moves/${started.json.id}`)).json
  await expect.poll(async () => (await move()).state, { timeout: 60_000 }).toBe('soaking')
  const { json } = await world.app('b', '/vectors/fetch', { ids: ['rec-0', 'mine', 'ours', 'foreign'] })
  expect(Object.keys(json.vectors).sort()).toEqual(['foreign', 'mine', 'ours', 'rec-0'])
  expect((await world.admin('GET', '/tenants/b')).json.placement).toMatchObject({ kind: 'silo', generation: 2 })
  expectStatus(await world.admin('POST', `/moves/${started.json.id}/complete`), 202)
  await expect.poll(async () => (await move()).state, { timeout: 60_000 }).toBe('completed')
  const { namespaces } = await (await world.direct('shared', '')).describeIndexStats()
  expect(Object.keys(namespaces ?? {})).not.toContain('ns-b')
})
