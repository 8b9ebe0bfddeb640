import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { temporaryFolder } from '../embedded/temporary-folder.ts'
import { expectStatus } from '../support/expect-status.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { MoveHolds } from '../support/move-holds.ts'
import { indexesIn, placeOf } from '../support/two-projects.ts'
import { RelocateWorld } from './relocate-world.ts'

let world: RelocateWorld
afterEach(() => world[Symbol.asyncDispose]())

const words = ['bike', 'apple', 'boat'] as const

async function withRecords(options: Parameters<typeof RelocateWorld.open>[0] = {}): Promise<void> {
  world = await RelocateWorld.open(options)
  for (const word of words) await world.put(word, `a ${word} in winter`)
  const vectors = ['pear', 'plum'].map((word) => ({ id: word, values: bagOfWords(word), metadata: { text: word } }))
  expectStatus(await world.app('a', '/vectors/upsert', { vectors }), 200)
}

test('a tenant goes to another region while it reads and writes, and its region changes in the moment of the switch', async () => {
  const holds = new MoveHolds()
  await withRecords({ overrides: holds.overrides })
  await world.openShard('second', 'eu-west-1')
  world.lag(300)
  const copying = holds.hold('copy: batch claimed')
  const id = await world.relocate({ region: 'eu-west-1' })
  await copying.reached
  expect(await world.shownRegions()).toEqual([null, 'us-east-1'])
  const watched = world.watchRegions()
  await world.put('late', 'a train at night', 'b')
  expectStatus(await world.app('b', '/vectors/delete', { ids: ['plum'] }), 200)
  expectStatus(await world.app('a', '/vectors/update', { id: 'pear', setMetadata: { ripe: true } }), 200)
  const fenced = holds.hold('fence: tail synced')
  copying.release()
  await fenced.reached
  expect(await world.shownRegions()).toEqual([null, 'us-east-1'])
  fenced.release()
  const move = await world.until(id, 'soaking')
  expect(move).toMatchObject({
    kind: 'relocate',
    source: { kind: 'pool', project: 'default', region: 'us-east-1' },
    target: { kind: 'pool', project: 'second', region: 'eu-west-1' },
  })
  expect(await world.shownRegions()).toEqual(['eu-west-1', 'eu-west-1'])
  await world.put('in-soak', 'a plane at noon')
  await expect.poll(() => world.find('a plane at noon', 'b'), { timeout: 60_000 }).toContain('in-soak#0')
  await world.steer(id, 'rollback')
  await world.until(id, 'rolled_back')
  expect(await world.shownRegions()).toEqual([null, 'us-east-1'])
  // In no moment was the tenant's region another than that of the place that serves it.
  expect(await watched()).toEqual(new Set(['us-east-1 us-east-1', 'eu-west-1 eu-west-1']))
  world.lag(0)
  expect(await placeOf(world.two, 'acme')).toMatchObject({ project: 'default', region: 'us-east-1' })
  const found = await world.app('b', '/vectors/fetch', { ids: ['pear', 'plum'] })
  expect(found.json.vectors).toEqual({ pear: expect.objectContaining({ metadata: { text: 'pear', ripe: true } }) })
  for (const [text, doc] of [
    ['a train at night', 'late#0'],
    ['a plane at noon', 'in-soak#0'],
    ['a boat in winter', 'boat#0'],
  ] as const)
    expect((await world.find(text))[0]).toBe(doc)
  const audit = await world.staff('/audit?action=tenant.relocate')
  expect(audit.json.items).toMatchObject([
    { actor: 'system', before: { region: 'eu-west-1' }, after: { region: null } },
    { actor: 'system', before: { region: null }, after: { region: 'eu-west-1' } },
  ])
})

test('a completed relocation leaves nothing in the old project, and later moves stay in the new region', async () => {
  await withRecords({ tenant: { tier: 'enterprise' } })
  const id = await world.relocate({ region: 'eu-west-1', project: 'second' })
  expect((await world.until(id, 'soaking')).target).toMatchObject({ kind: 'silo', project: 'second' })
  await world.steer(id, 'complete')
  await world.until(id, 'completed')
  expect(await indexesIn(world.two, 'default')).toEqual([])
  expect(await indexesIn(world.two, 'second')).toEqual([expect.stringMatching(/^tr-silo-acme-/)])
  expect(await world.shownRegions()).toEqual(['eu-west-1', 'eu-west-1'])
  await world.openShard('second', 'eu-west-1')
  const demoted = expectStatus(await world.staff('/tenants/acme/moves', { kind: 'demote' }), 202)
  await world.until(demoted.json.id, 'soaking')
  expect(await placeOf(world.two, 'acme')).toEqual({ project: 'second', index: 'tr-pool-1', region: 'eu-west-1' })
  expect((await world.find('a boat in winter'))[0]).toBe('boat#0')
})

test('a relocation to another project alone leaves the region as it is', async () => {
  await withRecords({ project: { region: 'us-east-1' } })
  await world.openShard('second', 'us-east-1')
  const id = await world.relocate({ project: 'second' })
  await world.until(id, 'soaking')
  expect(await placeOf(world.two, 'acme')).toMatchObject({ project: 'second', region: 'us-east-1' })
  expect(await world.shownRegions()).toEqual([null, 'us-east-1'])
  expect((await world.staff('/audit?action=tenant.relocate')).json.items).toEqual([])
})

test('a relocation that is cancelled before the switch leaves the region and no index', async () => {
  const holds = new MoveHolds()
  await withRecords({ overrides: holds.overrides, tenant: { tier: 'enterprise', region: 'us-east-1' } })
  const fenced = holds.hold('fence: tail synced')
  const id = await world.relocate({ region: 'eu-west-1' })
  await fenced.reached
  await world.steer(id, 'cancel')
  fenced.release()
  await world.until(id, 'cancelled')
  expect(await world.shownRegions()).toEqual(['us-east-1', 'us-east-1'])
  expect(await indexesIn(world.two, 'second')).toEqual([])
  expect((await world.find('an apple in winter'))[0]).toBe('apple#0')
})

test('the plan prices what leaves the region, and names the constraint that binds', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'prices.json')
  const regions = {
    'aws/us-east-1': {
      perMillionReadUnits: 16,
      perMillionWriteUnits: 4,
      perGigabyteMonth: 0.33,
      perGigabyteEgress: 1e6,
    },
    'aws/eu-west-1': {
      perMillionReadUnits: 18,
      perMillionWriteUnits: 5,
      perGigabyteMonth: 0.36,
      perGigabyteEgress: 2e6,
    },
  }
  await writeFile(file, JSON.stringify({ asOf: '2026-11-01', plan: 'ours', regions }))
  await withRecords({ env: { PRICE_LIST: file } })
  const wanted = { kind: 'relocate', region: 'eu-west-1', plan: true }
  const shut = await world.staff('/tenants/acme/moves', wanted)
  expect(shut.json).toMatchObject({
    target: null,
    refusals: [{ code: 'conflict', message: expect.stringContaining('indexes add --region eu-west-1') }],
    relocation: { binds: { constraint: 'namespaces_in_index' } },
  })
  await world.openShard('second', 'eu-west-1')
  const { json } = await world.staff('/tenants/acme/moves', wanted)
  expect(json).toMatchObject({
    refusals: [],
    source: { project: 'default', region: 'us-east-1' },
    target: { kind: 'pool', project: 'second', region: 'eu-west-1' },
    relocation: { region: 'eu-west-1', project: null, egress: { bytes: 3 * json.bytes } },
  })
  // Two reads of the old place and one of the new one, at a dollar and at two for a kilobyte.
  expect(json.relocation.egress.price).toBeCloseTo((json.bytes / 1e3) * (2 * 1 + 2), 6)
  expect(json.relocation.binds).toEqual({
    constraint: 'indexes_in_project',
    words: '19 of 20 indexes in project would be left',
  })
  expect(json.parity).toContainEqual({ of: 'region', source: 'us-east-1', target: 'eu-west-1', equal: false })
  expect(await world.two.world.home.sql`select id from moves`).toEqual([])
})

test('a place that the tenant may not go to is refused with the reason, and nothing is begun', async () => {
  await withRecords({
    tenant: { region: 'us-east-1' },
    project: { holds: ['silo'], regions: ['eu-central-1'] },
  })
  const ask = async (body: object) => {
    const { status, json } = await world.staff('/tenants/acme/moves', { kind: 'relocate', ...body })
    return [status, json.detail]
  }
  expect(await ask({})).toEqual([400, expect.stringContaining('needs a region to go to')])
  expect(await ask({ project: 'third' })).toEqual([400, expect.stringContaining('Known: default, second')])
  expect(await ask({ region: 'us-east-1' })).toEqual([409, expect.stringContaining('already')])
  expect(await ask({ project: 'default' })).toEqual([409, expect.stringContaining('already')])
  expect(await ask({ project: 'second' })).toEqual([
    409,
    "The tenant's records would stay in us-east-1, which the Pinecone project 'second' does not serve.",
  ])
  expect(await ask({ project: 'second', region: 'eu-west-1' })).toEqual([
    409,
    expect.stringContaining("'second' may hold no shared index in eu-west-1"),
  ])
  expect(await ask({ region: 'ap-south-1' })).toEqual([
    400,
    'No configured Pinecone project serves the region ap-south-1.',
  ])
  for (const kind of ['promote', 'rebalance']) {
    const other = await world.staff('/tenants/acme/moves', { kind, region: 'eu-west-1' })
    expect([other.status, other.json.detail]).toEqual([400, expect.stringContaining('Only a relocation')])
  }
  const plan = await world.staff('/tenants/acme/moves', { kind: 'relocate', project: 'second', plan: true })
  expect(plan.json.relocation.binds).toMatchObject({ constraint: 'region' })
  const faults = [{ path: 'region', message: 'must be a region that it serves: eu-west-1, eu-central-1' }]
  expect(plan.json.refusals).toEqual([
    { code: 'conflict', message: expect.stringMatching(/does not serve\.$/), faults },
  ])
  const refused = await world.staff('/tenants/acme/moves', { kind: 'relocate', project: 'second' })
  expect(refused.json).toMatchObject({ code: 'conflict', faults })
  await world.addOldReplica()
  expect(await ask({ region: 'eu-west-1' })).toEqual([409, expect.stringContaining('knows no relocate')])
  expect(await world.two.world.home.sql`select id from moves`).toEqual([])
})

test('a model whose regions leave the target out keeps its tenants away from there', async () => {
  await withRecords({ modelRegions: ['us-east-1', 'us-west-2'] })
  await world.openShard('second', 'eu-west-1')
  const wanted = { kind: 'relocate', region: 'eu-west-1' }
  const refused = await world.staff('/tenants/acme/moves', wanted)
  expect([refused.status, refused.json.detail]).toEqual([
    409,
    expect.stringContaining(
      'may be given no texts of tenants in eu-west-1: EMBEDDING_MODELS allows us-east-1, us-west-2',
    ),
  ])
  const plan = await world.staff('/tenants/acme/moves', { ...wanted, plan: true })
  expect(plan.json.relocation.binds.constraint).toBe('model')
  const created = await world.staff('/tenants', { id: 'berlin', name: 'berlin', region: 'eu-west-1' })
  expect([created.status, created.json.detail]).toEqual([400, expect.stringContaining('may be given no texts')])
})

test('a relocation that needs approval is carried out as it was asked for', async () => {
  await withRecords({ env: { APPROVALS: 'relocate' } })
  await world.openShard('second', 'eu-west-1')
  const wanted = { kind: 'relocate', region: 'eu-west-1', project: 'second' }
  const asked = expectStatus(await world.staff('/tenants/acme/moves', wanted), 202)
  expect(asked.json).toMatchObject({
    verb: 'relocate',
    plan: { into: { region: 'eu-west-1', project: 'second' } },
  })
  const second = `Bearer ${await world.two.world.issuer.token({ sub: 'bob', roles: ['platform'] })}`
  const path = `/approvals/${asked.json.id}/approve`
  const approved = expectStatus(await world.b.admin({ method: 'POST', path, authorization: second }), 200)
  await world.until(approved.json.location.split('/').at(-1), 'soaking')
  expect(await world.shownRegions()).toEqual(['eu-west-1', 'eu-west-1'])
})
