import { pino } from 'pino'
import { expect, test } from 'vitest'
import { sweeper } from '../../src/moves/sweep/sweep.ts'
import type { Project } from '../../src/placement/choose-project.ts'
import { expectStatus } from '../support/expect-status.ts'
import type { ServiceReplica } from '../support/service-world.ts'
import { indexesIn, onboard, placeOf, TwoProjects } from '../support/two-projects.ts'

async function start({ world }: TwoProjects, replica: ServiceReplica, id: string, kind: string) {
  const authorization = await world.issuer.staff('platform')
  return replica.admin({ path: `/tenants/${id}/moves`, authorization, body: { kind } })
}

/** Starts a move and deletes its source as soon as it can be. */
async function move(two: TwoProjects, replica: ServiceReplica, id: string, kind: string): Promise<void> {
  const authorization = await two.world.issuer.staff('platform')
  const started = await start(two, replica, id, kind)
  expectStatus(started, 202)
  const path = `/moves/${started.json.id}`
  const state = async () => {
    const { json } = await replica.admin({ path, authorization })
    return json.error === null ? json.state : `${json.state}: ${json.error}`
  }
  await expect.poll(state, { timeout: 60_000 }).toBe('soaking')
  expect((await replica.admin({ method: 'POST', path: `${path}/complete`, authorization })).status).toBeLessThan(300)
  await expect.poll(state, { timeout: 60_000 }).toBe('completed')
}

async function put({ world }: TwoProjects, replica: ServiceReplica, id: string): Promise<void> {
  const authorization = await world.issuer.tenant(id)
  const body = { text: `The word of ${id}. Refunds take 14 days.` }
  expectStatus(await replica.public({ method: 'PUT', path: '/documents/a', authorization, body }), 201)
}

async function ask({ world }: TwoProjects, replica: ServiceReplica, id: string): Promise<string> {
  const authorization = await world.issuer.tenant(id)
  const found = await replica.public({ path: '/retrieve', authorization, body: { query: 'refunds', topK: 20 } })
  return found.json.matches.map((match: { text: string }) => match.text).join('\n')
}

test('a silo for which the default project has no quota is made in the next one; a demote brings it back', async () => {
  await using two = await TwoProjects.open()
  const env = { ...(await two.env({ region: 'us-east-1', holds: ['silo'] })), PROJECT_INDEX_LIMIT: '1' }
  const replica = await two.world.replica(env)
  for (const id of ['acme', 'globex']) {
    await onboard(two, replica, id)
    await put(two, replica, id)
  }
  await move(two, replica, 'acme', 'promote')
  expect(await placeOf(two, 'acme')).toMatchObject({ project: 'second', region: 'us-east-1' })
  expect(await indexesIn(two, 'second')).toEqual([expect.stringMatching(/^tr-silo-acme-/)])
  expect(await ask(two, replica, 'acme')).toBe('The word of acme. Refunds take 14 days.')
  expect(await ask(two, replica, 'globex')).toBe('The word of globex. Refunds take 14 days.')

  await move(two, replica, 'acme', 'demote')
  expect(await placeOf(two, 'acme')).toMatchObject({ project: 'default', index: 'tr-pool-1' })
  expect(await indexesIn(two, 'second')).toEqual([])
  expect(await ask(two, replica, 'acme')).toBe('The word of acme. Refunds take 14 days.')
})

test('a tenant is promoted and demoted within its region, whatever room there is elsewhere', async () => {
  await using two = await TwoProjects.open()
  const replica = await two.world.replica(await two.env({ indexLimit: 2 }))
  await onboard(two, replica, 'acme')
  for (const id of ['berlin', 'bonn']) await onboard(two, replica, id, { region: 'eu-west-1' })
  await put(two, replica, 'berlin')
  const alone = await start(two, replica, 'berlin', 'rebalance')
  expect([alone.status, alone.json]).toEqual([
    409,
    expect.objectContaining({ detail: expect.stringContaining('No other shared index in eu-west-1') }),
  ])
  await move(two, replica, 'berlin', 'promote')
  expect(await placeOf(two, 'berlin')).toMatchObject({ project: 'second', region: 'eu-west-1' })
  const full = await start(two, replica, 'bonn', 'promote')
  expect([full.status, full.json]).toEqual([409, expect.objectContaining({ code: 'index_limit_reached' })])
  expect(full.json.detail).toContain("'second' (2)")
  expect(full.json.detail).not.toContain('default')
  await move(two, replica, 'berlin', 'demote')
  expect(await placeOf(two, 'berlin')).toEqual({ project: 'second', index: 'tr-pool-1', region: 'eu-west-1' })
  expect(await ask(two, replica, 'berlin')).toContain('The word of berlin')
})

test('a promote into a region whose projects may hold no silo is refused before it starts', async () => {
  await using two = await TwoProjects.open()
  const replica = await two.world.replica(await two.env({ holds: ['pool'] }))
  await onboard(two, replica, 'berlin', { region: 'eu-west-1' })
  const refused = await start(two, replica, 'berlin', 'promote')
  expect([refused.status, refused.json]).toEqual([409, expect.objectContaining({ code: 'conflict' })])
  expect(await two.world.home.sql`select id from moves`).toEqual([])
})

test('an index whose name several projects have is asked for with its project', async () => {
  await using two = await TwoProjects.open()
  const { world } = two
  const replica = await world.replica(await two.env({ regions: ['us-east-1'] }))
  const authorization = await world.issuer.staff('platform')
  await onboard(two, replica, 'acme')
  await onboard(two, replica, 'berlin', { region: 'eu-west-1' })
  await put(two, replica, 'acme')
  const drain = (name: string) =>
    replica.admin({ method: 'POST', path: `/indexes/${encodeURIComponent(name)}/drain`, authorization })
  const unclear = await drain('tr-pool-1')
  expect([unclear.status, unclear.json]).toEqual([
    400,
    expect.objectContaining({ detail: expect.stringContaining('say default/tr-pool-1 or second/tr-pool-1') }),
  ])
  const body = { kind: 'rebalance', to: 'second/tr-pool-1' }
  const elsewhere = await replica.admin({ path: '/tenants/acme/moves', authorization, body })
  expect([elsewhere.status, elsewhere.json.detail]).toEqual([
    409,
    'Index tr-pool-1 is in eu-west-1; the tenant must stay in us-east-1.',
  ])
  expectStatus(await drain('second/tr-pool-9'), 404)
  expect((await drain('default/tr-pool-1')).json).toMatchObject({ code: 'conflict' })

  await replica.admin({ path: '/indexes', authorization, body: {} })
  const drained = await drain('default/tr-pool-1')
  expect([drained.status, drained.json]).toMatchObject([202, { moves: [{ tenantId: 'acme', kind: 'rebalance' }] }])
  await expect.poll(() => placeOf(two, 'acme'), { timeout: 60_000 }).toMatchObject({ index: 'tr-pool-2' })
  expect(await ask(two, replica, 'acme')).toContain('The word of acme')
})

test('indexes that a late request brought back are swept from every project, also while one is unavailable', async () => {
  await using two = await TwoProjects.open()
  const { world, store } = two
  await onboard(two, await world.replica(await two.env()), 'acme')
  const of = { name: 'tr-silo-erased', dimension: 4, metric: 'cosine' as const, cloud: 'aws', region: 'eu-west-1' }
  for (const project of ['default', 'second']) {
    // The row says that it is deleted; a late request has brought it to life again.
    const [row] = await world.home.sql<{ tag: string }[]>`
      insert into indexes (project, name, kind, tenant_id, cloud, region, embedding_model, dimension, metric, namespace_limit, state)
      values (${project}, ${of.name}, 'silo', 'acme', 'aws', ${of.region}, 'hash', 4, 'cosine', 1, 'deleted')
      returning id || '-' || trunc(extract(epoch from created_at) * 1000) as tag`
    const tags = { 'managed-by': 'tenant-router', 'tenant-router-index': row?.tag ?? '' }
    await store.createIndex(project, { ...of, tags })
  }
  const projects = ['default', 'second'].map((name): Project => {
    return { name, cloud: 'aws', region: 'us-east-1', regions: 'any', holds: ['pool'], indexLimit: 20 }
  })
  const sweep = sweeper({
    db: world.home.db,
    stores: store,
    log: pino({ level: 'silent' }),
    settings: { project: 'default', projects, indexPrefix: 'tr', storeInDoubtMs: 0 },
  })
  await world.local.local.close()
  await expect(sweep(new AbortController().signal)).rejects.toThrow()
  expect(await indexesIn(two, 'second')).toEqual([])
})
