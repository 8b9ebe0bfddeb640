import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { sweeper } from '../../src/moves/sweep/sweep.ts'
import { changeTenant } from '../../src/tenants/change-tenant.ts'
import { createTenant } from '../../src/tenants/create-tenant.ts'
import { offboardTenant } from '../../src/tenants/offboard/offboard-tenant.ts'
import { resumeOffboarding } from '../../src/tenants/offboard/resume-offboarding.ts'
import { showTenant } from '../../src/tenants/show-tenant.ts'
import { suspendTenant } from '../../src/tenants/suspend-tenant.ts'
import { testVectors } from '../support/test-vectors.ts'
import { expectConsistent, namespacesInStore } from './expect-consistent.ts'
import { crashAt, stepIn } from './step-in.ts'
import { id, platform, TenantWorld } from './tenant-world.ts'

const acme = { id: id('acme'), name: 'Acme' }

async function used(world: TenantWorld) {
  const [row] = await world.home.sql`select namespaces_used as used from indexes where kind = 'pool'`
  return row?.used
}

/** The active place, opened past the replica. */
async function place(world: TenantWorld) {
  const [row] = await world.home.sql`
    select p.namespace, i.host, i.name from places p join indexes i on i.id = p.index_id
    where p.tenant_id = 'acme' and p.state = 'active'`
  return world.local.connect().open({
    placeId: 1,
    tenantId: acme.id,
    project: 'default',
    indexName: row?.name,
    indexHost: row?.host,
    namespace: row?.namespace,
    generation: 1,
    kind: 'pool' as const,
    vectors: testVectors,
  })
}

async function fill(world: TenantWorld) {
  await (await place(world)).upsert([
    { id: 'a#0', values: [1, 0, 0] },
    { id: 'a#1', values: [0, 1, 0] },
  ])
  await world.home.sql`
    insert into documents (tenant_id, id, state, content_hash, chunk_count, chunk_ceiling)
    values ('acme', 'a', 'ready', 'h', 2, 2)`
}

test.each(['pool', 'silo'] as const)('offboarding from a %s deletes everything and leaves a receipt', async (kind) => {
  await using world = await TenantWorld.open()
  const replica = world.replica()
  await createTenant(replica, platform, kind === 'silo' ? { ...acme, tier: 'enterprise' } : acme)
  await fill(world)
  expect(await offboardTenant(replica, platform, acme.id)).toMatchObject({ status: 'offboarding' })
  await replica.settled()
  const gone = await showTenant(replica, acme.id)
  expect(gone).toMatchObject({
    status: 'offboarded',
    placement: null,
    deletionReceipt: { places: [{ kind, generation: 1, records: 2 }], documents: 1 },
  })
  expect(await namespacesInStore(world)).toEqual([])
  const { sql } = world.home
  expect(await sql`select namespaces_used as used, state from indexes`).toEqual([
    { used: 0, state: kind === 'silo' ? 'deleted' : 'ready' },
  ])
  expect(await sql`select id from documents`).toEqual([])
  expect(await sql`select id from cleanups where done_at is null`).toEqual([])
  await expectConsistent(world)
  expect(await offboardTenant(replica, platform, acme.id)).toEqual(gone)
})

test('the place is free only when the store shows that the namespace is gone', async () => {
  await using world = await TenantWorld.open()
  const counted: number[] = []
  let deletions = 0
  const replica = world.replica({}, (store) =>
    stepIn(store, async (call, when) => {
      if (call !== 'deleteNamespace' || when !== 'after') return
      counted.push(await used(world))
      deletions += 1
      if (deletions < 3) await (await place(world)).createNamespace()
    }),
  )
  await createTenant(replica, platform, acme)
  await offboardTenant(replica, platform, acme.id)
  await replica.settled()
  expect(counted).toEqual([1, 1, 1])
  expect(await used(world)).toBe(0)
  await expectConsistent(world)
})

test('what a late write brings back of an offboarded tenant is swept, also when its id is onboarded again', async () => {
  await using world = await TenantWorld.open()
  const replica = world.replica()
  await createTenant(replica, platform, acme)
  const old = await place(world)
  await offboardTenant(replica, platform, acme.id)
  await replica.settled()
  const log = pino({ level: 'silent' })
  const settings = { project: 'default', indexPrefix: 'tr', storeInDoubtMs: 0 }
  const sweep = sweeper({ db: world.home.db, stores: world.local.connect(), settings, log })
  const late = [{ id: 'late', values: [1, 0, 0] }]

  await old.upsert(late)
  await sweep(new AbortController().signal)
  expect(await old.describeNamespace()).toBeUndefined()

  await createTenant(replica, platform, acme)
  await replica.settled()
  await (await place(world)).upsert(late)
  await old.upsert(late)
  await sweep(new AbortController().signal)
  expect(await old.describeNamespace()).toBeUndefined()
  expect(await namespacesInStore(world)).toEqual([expect.stringMatching(/\/tenant_acme_g2$/)])
})

test('nothing is deleted while a replica may still be writing, or a write of one is in doubt', async () => {
  await using world = await TenantWorld.open()
  const { sql } = world.home
  const calls: string[] = []
  const replica = world.replica({}, (store) =>
    stepIn(store, (call) => {
      calls.push(call)
    }),
  )
  await createTenant(replica, platform, acme)
  calls.length = 0
  const session = randomUUID()
  await sql`insert into sessions (id, expires_at, seen, applied) select ${session}, now() + interval '1 hour', tick, tick from routing_clock`
  await offboardTenant(replica, platform, acme.id)
  await waits(world)
  expect(calls).toEqual([])
  await sql`update sessions set applied = (select tick from routing_clock), doubt_until = now() + interval '1 hour'`
  await waits(world)
  expect(calls).toEqual([])
  await sql`update sessions set doubt_until = now()`
  await replica.settled()
  expect(calls).toContain('deleteNamespace')
  expect((await showTenant(replica, acme.id)).status).toBe('offboarded')
})

/** Waits until the replica has looked at the sessions a few more times. */
async function waits({ home: { sql } }: TenantWorld): Promise<void> {
  const scans = async () => {
    await sql`select pg_stat_clear_snapshot()`
    const [row] = await sql<
      { n: number }[]
    >`select seq_scan::int as n from pg_stat_user_tables where relname = 'sessions'`
    return row?.n ?? 0
  }
  const before = await scans()
  await expect.poll(scans, { timeout: 60_000 }).toBeGreaterThan(before + 2)
}

test.each([
  ['deleteNamespace', 'before'],
  ['deleteNamespace', 'after'],
  ['describeNamespace', 'after'],
] as const)('a replica that dies at %s (%s) leaves an offboarding that another one finishes', async (call, when) => {
  await using world = await TenantWorld.open()
  const dying = world.replica({}, crashAt(call, when))
  await createTenant(dying, platform, acme)
  await offboardTenant(dying, platform, acme.id)
  await dying[Symbol.asyncDispose]()
  expect(await used(world)).toBe(1)
  const other = world.replica()
  expect((await showTenant(other, acme.id)).status).toBe('offboarding')
  expect(await resumeOffboarding(other)).toEqual({ done: 1, failed: 0 })
  expect(await showTenant(other, acme.id)).toMatchObject({ status: 'offboarded', deletionReceipt: { documents: 0 } })
  await expectConsistent(world)
})

test('an id that was offboarded can be used again, in a new place, and replicas hear of it', async () => {
  await using world = await TenantWorld.open()
  const replica = world.replica()
  const { sql } = world.home
  await createTenant(replica, platform, acme)
  await offboardTenant(replica, platform, acme.id)
  await replica.settled()
  const [before] = await sql`select epoch::int, change_no::int as change from routing`
  const again = await createTenant(replica, platform, { ...acme, name: 'Acme the second' })
  expect(again).toMatchObject({
    outcome: 'created',
    tenant: { name: 'Acme the second', status: 'active', placement: { generation: 2 } },
  })
  expect(again.tenant.deletionReceipt).toBeUndefined()
  const [after] = await sql`select epoch::int, change_no::int as change from routing`
  expect(after?.epoch).toBeGreaterThan(before?.epoch)
  expect(after?.change).toBeGreaterThan(before?.change)
  expect(await namespacesInStore(world)).toEqual([expect.stringMatching(/tenant_acme_g2$/)])
  await expectConsistent(world)
})

test('a room that an offboarding frees in an index that was full is given to the next tenant', async () => {
  await using world = await TenantWorld.open({ poolNamespaceLimit: 2 })
  const replica = world.replica()
  for (const name of ['acme', 'b', 'c']) await createTenant(replica, platform, { id: id(name), name })
  await offboardTenant(replica, platform, acme.id)
  await replica.settled()
  const d = await createTenant(replica, platform, { id: id('d'), name: 'd' })
  expect(d.tenant.placement?.index).toMatch(/-pool-1$|-pool-2$/)
  const e = await createTenant(replica, platform, { id: id('e'), name: 'e' })
  expect(await world.home.sql`select namespaces_used as used from indexes order by id`).toEqual([
    { used: 2 },
    { used: 2 },
  ])
  expect(e.outcome).toBe('created')
})

test('a tenant that is being moved, or set up, is not offboarded', async () => {
  await using world = await TenantWorld.open({ provisionWaitMs: 0 })
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
  const replica = world.replica({}, (store) => stepIn(store, (call) => (call === 'createNamespace' ? held : undefined)))
  await createTenant(replica, platform, acme)
  await expect(offboardTenant(replica, platform, acme.id)).rejects.toMatchObject({ code: 'tenant_not_ready' })
  await expect(suspendTenant(replica, platform, acme.id)).rejects.toMatchObject({ code: 'tenant_not_ready' })
  letGo()
  await replica.settled()
  const [move] = await world.home.sql`
    insert into moves (tenant_id, kind, state, source_place_id, created_by)
    select 'acme', 'promote', 'queued', active_place_id, 'someone' from routing returning id`
  await expect(offboardTenant(replica, platform, acme.id)).rejects.toMatchObject({
    code: 'move_in_progress',
    message: expect.stringContaining(move?.id),
  })
  expect((await showTenant(replica, acme.id)).status).toBe('active')
})

test('a tenant that is gone, or going, is not changed any more; one that never was is not there', async () => {
  await using world = await TenantWorld.open()
  const replica = world.replica()
  await createTenant(replica, platform, acme)
  await offboardTenant(replica, platform, acme.id)
  await replica.settled()
  await expect(changeTenant(replica, platform, acme.id, { name: 'x' })).rejects.toMatchObject({ code: 'conflict' })
  await expect(suspendTenant(replica, platform, acme.id)).rejects.toMatchObject({ code: 'conflict' })
  await expect(offboardTenant(replica, platform, id('nobody'))).rejects.toMatchObject({ code: 'not_found' })
})
