import { afterAll, beforeAll, expect, test } from 'vitest'
import { addIndex } from '../../src/tenants/add-index.ts'
import { changeTenant } from '../../src/tenants/change-tenant.ts'
import { createTenant } from '../../src/tenants/create-tenant.ts'
import { listAudit } from '../../src/tenants/list-audit.ts'
import { listIndexes } from '../../src/tenants/list-indexes.ts'
import { listTenants } from '../../src/tenants/list-tenants.ts'
import type { TenantWork } from '../../src/tenants/onboard/tenant-work.ts'
import { resumeTenant } from '../../src/tenants/resume-tenant.ts'
import { showTenant } from '../../src/tenants/show-tenant.ts'
import { showTenantRoute } from '../../src/tenants/show-tenant-route.ts'
import { suspendTenant } from '../../src/tenants/suspend-tenant.ts'
import { id, platform, sales, TenantWorld } from './tenant-world.ts'

let world: TenantWorld
let replica: TenantWork

/** Ten shared tenants of which `t-3` is enterprise, and `big` in a silo of its own. */
beforeAll(async () => {
  world = await TenantWorld.open({ poolNamespaceLimit: 8 })
  replica = world.replica()
  for (let n = 0; n < 10; n++) {
    const tier = n === 3 ? ('enterprise' as const) : undefined
    await createTenant(replica, sales, { id: id(`t-${n}`), name: `Tenant 100%_${n}`, tier })
  }
  const owner = 'Ines "Otter" Ortega\nÜbersee'
  await changeTenant(replica, platform, id('t-4'), { attributes: { owner } })
  await createTenant(replica, platform, { id: id('big'), name: 'Big Corp', tier: 'enterprise' })
})
afterAll(() => world[Symbol.asyncDispose]())

test('tenants come in pages, each once, in the order of their ids', async () => {
  const seen: string[] = []
  let cursor: string | null | undefined
  do {
    const page = await listTenants(replica, { limit: 4, cursor: cursor ?? undefined })
    expect(page.items.length).toBeLessThanOrEqual(4)
    seen.push(...page.items.map((tenant) => tenant.id))
    cursor = page.nextCursor
  } while (cursor !== null)
  expect(seen).toEqual(['big', ...Array.from({ length: 10 }, (_, n) => `t-${n}`)])
})

test.each([
  [{ search: 'BIG' }, ['big']],
  [{ search: 'corp' }, ['big']],
  [{ search: '100%_7' }, ['t-7']],
  [{ search: '%', tier: 'enterprise' as const }, ['t-3']],
  [{ tier: 'enterprise' as const }, ['big', 't-3']],
  [{ awaitingPromotion: true }, ['t-3']],
  [{ status: 'offboarded' as const }, []],
  [{ search: 'nobody' }, []],
  [{ search: 'INES "o' }, ['t-4']],
  [{ search: 'ortega\nüber' }, ['t-4']],
  [{ search: 'übersee' }, ['t-4']],
  [{ search: 'ÜBERSEE' }, ['t-4']],
  // Each of these stands in the row's text, and in none of its parts.
  [{ search: 't-4 tenant' }, []],
  [{ search: 'owner' }, []],
])('tenants are found by %o', async (filter, expected) => {
  const page = await listTenants(replica, { limit: 50, ...filter })
  expect(page.items.map((tenant) => tenant.id)).toEqual(expected)
})

test.each(['nonsense', Buffer.from('x:1').toString('base64url')])('the cursor %s is refused', async (cursor) => {
  await expect(listTenants(replica, { limit: 5, cursor })).rejects.toMatchObject({ code: 'invalid_request' })
  await expect(listIndexes(replica, { limit: 5, cursor })).rejects.toMatchObject({ code: 'invalid_request' })
})

test('the cursor of one list is refused by another', async () => {
  const cursor = (await listTenants(replica, { limit: 5 })).nextCursor ?? ''
  await expect(listAudit(replica, { limit: 5, cursor })).rejects.toThrow('is a cursor of another list')
  await expect(listIndexes(replica, { limit: 5, cursor })).rejects.toThrow('is a cursor of another list')
})

test('tagging a tenant enterprise moves nothing: it awaits promotion, until a move is open', async () => {
  const before = await showTenant(replica, id('t-1'))
  const tagged = await changeTenant(replica, sales, id('t-1'), { tier: 'enterprise' })
  expect(tagged).toMatchObject({ tier: 'enterprise', awaitingPromotion: true, placement: before.placement })
  const [move] = await world.home.sql`
    insert into moves (tenant_id, kind, state, source_place_id, created_by)
    select 't-1', 'promote', 'queued', active_place_id, 'someone' from routing where tenant_id = 't-1' returning id`
  expect(await showTenant(replica, id('t-1'))).toMatchObject({
    awaitingPromotion: false,
    move: { id: move?.id, state: 'queued' },
  })
  // A move that soaks has brought it where it is, and may do so for three days.
  await world.home.sql`update moves set state = 'soaking', kind = 'rebalance'`
  expect(await showTenant(replica, id('t-1'))).toMatchObject({ awaitingPromotion: true, move: { state: 'soaking' } })
  await world.home.sql`update moves set state = 'cancelled', ended_at = now()`
  expect((await showTenant(replica, id('t-1'))).awaitingPromotion).toBe(true)
  expect((await changeTenant(replica, sales, id('t-1'), { tier: 'standard' })).awaitingPromotion).toBe(false)
})

test('limits and attributes are the platform team’s to change, each as a whole; sales has its own', async () => {
  const change = { limits: { requestsPerMinute: 10 }, attributes: { crm: 'x' } }
  await expect(changeTenant(replica, sales, id('t-2'), change)).rejects.toMatchObject({ code: 'forbidden' })
  const foreign = changeTenant(replica, sales, id('t-2'), { attributes: { crm: 'x' } })
  await expect(foreign).rejects.toMatchObject({ code: 'forbidden', message: expect.stringContaining('crm') })
  expect(await changeTenant(replica, platform, id('t-2'), change)).toMatchObject(change)
  // What sales gives replaces its own attributes, and leaves the platform team's as they are.
  const own = { owner: 'Ann', crmId: '0015' }
  const first = await changeTenant(replica, sales, id('t-2'), { attributes: own })
  expect(first.attributes).toEqual({ crm: 'x', ...own })
  const read = { crm: 'x', owner: 'Bob' }
  expect((await changeTenant(replica, sales, id('t-2'), { attributes: read })).attributes).toEqual(read)
  expect(await changeTenant(replica, platform, id('t-2'), { attributes: {} })).toMatchObject({
    limits: change.limits,
    attributes: {},
  })
  expect(await changeTenant(replica, sales, id('t-2'), { name: 'Renamed' })).toMatchObject({ name: 'Renamed' })
})

test('replicas hear of changes to what they remember; not of a name, nor of no change', async () => {
  const { sql } = world.home
  const tick = async () => (await sql<{ tick: string }[]>`select tick from routing_clock`)[0]?.tick
  const ticksOf = async (work: () => Promise<unknown>) => {
    const before = Number(await tick())
    await work()
    return Number(await tick()) - before
  }
  const t5 = id('t-5')
  expect(await ticksOf(() => suspendTenant(replica, platform, t5))).toBe(1)
  expect((await showTenant(replica, t5)).status).toBe('suspended')
  expect(await ticksOf(() => suspendTenant(replica, platform, t5))).toBe(0)
  expect(await ticksOf(() => resumeTenant(replica, platform, t5))).toBe(1)
  expect(await ticksOf(() => resumeTenant(replica, platform, t5))).toBe(0)
  expect(await ticksOf(() => changeTenant(replica, platform, t5, { limits: { a: 1 } }))).toBe(1)
  expect(await ticksOf(() => changeTenant(replica, platform, t5, { limits: { a: 1 } }))).toBe(0)
  expect(await ticksOf(() => changeTenant(replica, platform, t5, { name: 'Five' }))).toBe(0)
})

test('the route says why a tenant is where it is, and which limit is nearest', async () => {
  expect(await showTenantRoute(replica, id('t-0'))).toMatchObject({
    tenantId: 't-0',
    phase: 'steady',
    project: 'default',
    placement: { kind: 'pool', generation: 1 },
    why: 'It shares an index with 7 others, the fullest with capacity when it came.',
    nearestLimit: { name: 'namespaces_in_index', used: 8, limit: 8, share: 1 },
  })
  expect(await showTenantRoute(replica, id('t-3'))).toMatchObject({ why: expect.stringContaining('awaits promotion') })
  expect(await showTenantRoute(replica, id('big'))).toMatchObject({ why: 'It has an index of its own.' })
  await expect(showTenantRoute(replica, id('nobody'))).rejects.toMatchObject({ code: 'not_found' })
})

test('indexes show how full they are; one opened by hand is among them', async () => {
  await addIndex(replica, platform, { namespaceLimit: 4 })
  const first = await listIndexes(replica, { limit: 3 })
  expect(
    first.items.map(({ kind, namespaces, limit, fill, full }) => ({ kind, namespaces, limit, fill, full })),
  ).toEqual([
    { kind: 'pool', namespaces: 8, limit: 8, fill: 1, full: true },
    { kind: 'pool', namespaces: 2, limit: 8, fill: 0.25, full: false },
    { kind: 'silo', namespaces: 1, limit: 1, fill: 1, full: true },
  ])
  const second = await listIndexes(replica, { limit: 3, cursor: first.nextCursor ?? '' })
  expect(second).toMatchObject({ items: [{ kind: 'pool', namespaces: 0, limit: 4, state: 'ready' }], nextCursor: null })
})

test('the audit shows who did what, the newest first, by tenant, person and kind of deed', async () => {
  const deeds = async (filter: object) =>
    (await listAudit(replica, { limit: 200, ...filter })).items.map((deed) => `${deed.actor} ${deed.action}`)
  await changeTenant(replica, sales, id('t-9'), { tier: 'enterprise' })
  await suspendTenant(replica, platform, id('t-9'))
  expect(await deeds({ tenantId: id('t-9') })).toEqual([
    'platform@example.com tenant.suspend',
    'sales@example.com tenant.tag',
    'sales@example.com tenant.create',
  ])
  expect(new Set(await deeds({ action: 'index.' }))).toEqual(new Set(['platform@example.com index.add']))
  expect(await deeds({ actor: 'nobody' })).toEqual([])
  const [tag] = (await listAudit(replica, { limit: 1, action: 'tenant.tag' })).items
  expect(tag).toMatchObject({ before: { tier: 'standard' }, after: { tier: 'enterprise' } })
  const page = await listAudit(replica, { limit: 2, tenantId: id('t-9') })
  const next = await listAudit(replica, { limit: 2, tenantId: id('t-9'), cursor: page.nextCursor ?? '' })
  expect([...page.items, ...next.items].map((deed) => deed.action)).toEqual([
    'tenant.suspend',
    'tenant.tag',
    'tenant.create',
  ])
})
