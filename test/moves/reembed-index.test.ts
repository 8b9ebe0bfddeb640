import { afterEach, expect, test } from 'vitest'
import { listen } from '../../src/http/listen.ts'
import type { Overrides } from '../../src/parts/overrides.ts'
import { runCli } from '../cli/run-cli.ts'
import { MoveHolds } from '../support/move-holds.ts'
import type { ServiceWorld } from '../support/service-world.ts'
import { type WatchedStore, watchedStore } from '../support/watched-store.ts'
import { ReembedWorld } from './reembed-world.ts'

let world: ReembedWorld
afterEach(() => world[Symbol.asyncDispose]())

const index = 'tr-pool-1'

/** Tenants `acme`, `b` and `c` of one shared index, with a document each, and an index of the new model. */
async function withTenants(
  env: Readonly<Record<string, string>> = {},
  overridesOf: (service: ServiceWorld) => Overrides = () => ({}),
): Promise<void> {
  const overrides = (service: ServiceWorld) => ({ policyEveryMs: 50, ...overridesOf(service) })
  world = await ReembedWorld.open({ env, overridesOf: overrides })
  await world.putDocument('doc', 'a bike in winter')
  for (const id of ['b', 'c']) {
    const authorization = await world.service.onboard(world.a, id)
    const put = { path: '/documents/doc', authorization, body: { text: `a bike of ${id}` }, method: 'PUT' }
    expect((await world.a.public(put)).status).toBe(201)
  }
  await world.openShard()
}

const begin = (more: object = {}) =>
  world.staff(`/indexes/${index}/reembed`, { model: 'small', tokensPerDay: 1_000_000, ...more })

async function latest() {
  const { json } = await world.staff('/reembeds')
  return json.items[0]
}

async function until(state: string) {
  await expect.poll(async () => (await latest()).state, { timeout: 90_000 }).toBe(state)
  return latest()
}

test('all tenants of an index get another model, one after another, and it is done', async () => {
  await withTenants()
  expect((await begin()).json).toMatchObject({ index, model: 'small', state: 'running', skipped: [] })
  const done = await until('done')
  expect(done.tenants).toEqual({ left: 0, open: 0, moved: 3, undone: 0 })
  const moves = await world.service.home.sql<{ began: number; switched: number; by: string }[]>`
    select extract(epoch from created_at)::float8 as began, extract(epoch from switched_at)::float8 as switched,
      created_by as by from moves order by created_at`
  expect(moves.map(({ by }) => by)).toEqual(Array(3).fill('system:reembed'))
  for (const [at, { began }] of moves.entries())
    if (at > 0) expect(began).toBeGreaterThanOrEqual(moves[at - 1]?.switched ?? Number.POSITIVE_INFINITY)
  const models = await world.service.home.sql`
    select distinct i.embedding_model as model from places p join indexes i on i.id = p.index_id where p.state = 'active'`
  expect(models).toEqual([{ model: 'small' }])
  const [audit] = await world.service.home.sql`select detail from audit where action = 'index.reembed'`
  expect(audit?.detail).toMatchObject({ index, model: 'small', tokensPerDay: 1_000_000 })
})

test('no move begins once the day’s tokens are used, and a larger budget lets it go on', async () => {
  await withTenants()
  await begin({ tokensPerDay: 1 })
  await expect.poll(async () => (await latest()).tenants.moved, { timeout: 90_000 }).toBe(1)
  const waiting = await latest()
  expect(waiting).toMatchObject({ state: 'running', tenants: { left: 2, open: 0, moved: 1 } })
  expect(waiting.tokensUsed).toBeGreaterThanOrEqual(1)
  // A day later the same budget lets the next one begin.
  await world.service.home.sql`update moves set created_at = created_at - interval '25 hours'`
  await expect.poll(async () => (await latest()).tenants.moved, { timeout: 90_000 }).toBe(2)
  await begin()
  expect((await until('done')).tenants.moved).toBe(3)
  expect((await world.staff('/reembeds')).json.items).toHaveLength(1)
})

test('it is stopped and goes on later, and a tenant whose move is refused is skipped with the reason', async () => {
  await withTenants()
  const stop = () => world.staff(`/indexes/${index}/reembed`, undefined, 'DELETE')
  expect((await stop()).status).toBe(409)
  const mute = { vectors: [{ id: 'mute', values: Array(64).fill(1), metadata: { n: 1 } }] }
  await world.done('/vectors/upsert', mute)
  await begin({ tokensPerDay: 1 })
  await expect.poll(async () => (await latest()).skipped.length, { timeout: 90_000 }).toBe(1)
  expect((await latest()).skipped[0]).toMatchObject({
    tenantId: 'acme',
    reason: expect.stringContaining('1 record(s) have no text'),
  })
  expect((await stop()).json.state).toBe('stopped')
  await begin({ leaveBehind: 1 })
  const done = await until('done')
  expect(done.skipped).toEqual([])
  expect((await world.staff('/reembeds')).json.items).toHaveLength(2)
})

test('a stop answers although a move that has not begun ends in that moment', async () => {
  const holds = new MoveHolds()
  using _ = { [Symbol.dispose]: () => holds.releaseAll() }
  await withTenants({}, () => holds.overrides)
  // One move at once works on an index: the next one is queued.
  const copying = holds.hold('copy: batch claimed')
  await world.staff('/tenants/b/moves', { kind: 'reembed', model: 'small' })
  await copying.reached
  await begin()
  await expect.poll(async () => (await latest()).tenants.open, { timeout: 60_000 }).toBe(1)
  const { sql } = world.service.home
  const stopping = await sql.begin(async (tx) => {
    const [row] = await tx<{ id: string }[]>`select id from moves where index_reembed_id is not null for update`
    const asked = world.staff(`/indexes/${index}/reembed`, undefined, 'DELETE')
    const isWaiting = async () => (await sql`select 1 from pg_locks where not granted`).length
    await expect.poll(isWaiting, { timeout: 60_000 }).toBeGreaterThan(0)
    await tx`update moves set state = 'cancelled', ended_at = now() where id = ${row?.id ?? ''}`
    return { asked }
  })
  const { status, json } = await stopping.asked
  expect([status, json]).toEqual([200, expect.objectContaining({ state: 'stopped' })])
  expect(json.tenants).toMatchObject({ open: 0, undone: 1 })
})

test('no transaction stays open while the texts of a tenant are counted, and no other replica counts them too', async () => {
  let store: WatchedStore | undefined
  await withTenants({}, (service) => {
    store = watchedStore(service.local.connect())
    return { stores: store }
  })
  const [counting, counted] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let counts = 0
  using _ = { [Symbol.dispose]: counted.resolve }
  store?.before('countByFilter', () => {
    counts += 1
    counting.resolve()
    return counted.promise
  })
  await begin()
  await counting.promise
  const { sql } = world.service.home
  const began = await sql`select clock_timestamp() as at`
  const stillOpen = async () => {
    const [row] = await sql`
      select count(*)::int as n from pg_stat_activity
      where datname = current_database() and state = 'idle in transaction' and xact_start < ${began[0]?.at}`
    return row?.n
  }
  await expect.poll(stillOpen, { timeout: 60_000 }).toBe(0)
  // A person stops it meanwhile: the move that was being looked at is not begun.
  expect((await world.staff(`/indexes/${index}/reembed`, undefined, 'DELETE')).status).toBe(200)
  expect(counts).toBe(1)
  counted.resolve()
  store?.before('countByFilter', undefined)
  await expect
    .poll(async () => (await sql`select look_until from index_reembeds`)[0]?.look_until, { timeout: 60_000 })
    .toBeNull()
  expect(await sql`select id from moves`).toEqual([])
})

/** Replicas whose counts of texts wait: the one that counts first is named, and the others count as they like. */
async function withFirstCountHeld() {
  let store: WatchedStore | undefined
  await withTenants({}, (service) => {
    store = watchedStore(service.local.connect())
    return { stores: store }
  })
  const [counting, counted] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let counts = 0
  store?.before('countByFilter', async () => {
    counts += 1
    if (counts > 1) return
    counting.resolve()
    await counted.promise
  })
  return { counting: counting.promise, release: counted.resolve, [Symbol.dispose]: counted.resolve }
}

test('two replicas that look for the next tenant at once skip one that is refused once', async () => {
  using held = await withFirstCountHeld()
  const mute = { vectors: [{ id: 'mute', values: Array(64).fill(1), metadata: { n: 1 } }] }
  await world.done('/vectors/upsert', mute)
  await begin()
  await held.counting
  // As after a minute: the other replica looks too.
  const { sql } = world.service.home
  await sql`update index_reembeds set look_until = now() - interval '1 second'`
  await expect.poll(async () => (await latest()).skipped.length, { timeout: 60_000 }).toBe(1)
  held.release()
  const done = await until('done')
  expect(done.skipped).toHaveLength(1)
  expect(done.tenants).toEqual({ left: 0, open: 0, moved: 2, undone: 0 })
})

test('it is not done while the move of the last tenant is under way, whoever began it', async () => {
  using held = await withFirstCountHeld()
  await begin()
  await held.counting
  const { sql } = world.service.home
  const others = JSON.stringify(['b', 'c'].map((tenantId) => ({ tenantId, reason: 'not now' })))
  await sql.begin(async (tx) => {
    await tx`lock table index_reembeds in share row exclusive mode`
    // The other replica saw that a move may begin, and now takes the batch.
    const isWaiting = async () => (await sql`select 1 from pg_locks where not granted`).length
    await expect.poll(isWaiting, { timeout: 60_000 }).toBeGreaterThan(0)
    await tx`update index_reembeds set look_until = now() - interval '1 second', skipped = ${others}::text::jsonb`
    await tx`
      insert into moves (tenant_id, kind, state, source_place_id, wanted_model, index_reembed_id, created_by)
      select 'acme', 'reembed', 'queued', p.id, 'small', b.id, 'system:reembed'
      from places p, index_reembeds b where p.tenant_id = 'acme' and p.state = 'active'`
  })
  expect((await until('done')).tenants).toEqual({ left: 0, open: 0, moved: 1, undone: 0 })
  const [order] = await sql`
    select b.ended_at >= m.switched_at as right from index_reembeds b join moves m on m.index_reembed_id = b.id`
  expect(order).toEqual({ right: true })
})

test('a canary in the index is neither moved nor counted', async () => {
  await withTenants()
  const { sql } = world.service.home
  const id = '_tr_canary_1_1'
  await sql`insert into tenants (id, name, tier, status, last_generation) values (${id}, 'a canary', 'standard', 'active', 1)`
  const place = { id: 999, tenant_id: id, namespace: 'a canary' }
  await sql`
    insert into places overriding system value
    select (jsonb_populate_record(p, ${JSON.stringify(place)}::text::jsonb)).* from places p where tenant_id = 'c' and state = 'active'`
  expect((await begin()).json.tenants.left).toBe(3)
  const done = await until('done')
  expect(done).toMatchObject({ skipped: [], tenants: { left: 0, open: 0, moved: 3, undone: 0 } })
})

test('it is refused for an unknown index or model, the own one, and where a second person approves each move', async () => {
  await withTenants({ APPROVALS: 'reembed' })
  const first = await begin()
  expect([first.status, first.json.detail]).toEqual([409, expect.stringContaining('A second person has to approve')])
  const { APPROVALS: _, ...env } = world.env
  const plain = await world.service.replica(env)
  const ask = async (path: string, model: string) => {
    const authorization = await world.service.issuer.staff('platform')
    return (await plain.admin({ path, authorization, body: { model, tokensPerDay: 1 } })).status
  }
  expect(await ask('/indexes/nowhere/reembed', 'hash')).toBe(404)
  expect(await ask(`/indexes/${index}/reembed`, 'nowhere')).toBe(400)
  expect(await ask(`/indexes/${index}/reembed`, 'hash')).toBe(409)
})

test('the command line begins, lists and stops it', async () => {
  await withTenants()
  const listener = world.service.stack.use(await listen(world.a.services.adminApp, { host: '127.0.0.1', port: 0 }))
  const staff = await world.service.issuer.staff('platform')
  const env = { TENANT_ROUTER_URL: listener.url, TENANT_ROUTER_TOKEN: staff.replace('Bearer ', '') }
  const budget = ['--model', 'small', '--budget-tokens-a-day', '1']
  const begun = await runCli(['reembed', '--index', index, ...budget, '--yes'], env)
  expect([begun.code, begun.out]).toEqual([
    0,
    expect.stringContaining(`The tenants of ${index} change to small: running`),
  ])
  await expect.poll(async () => (await latest()).tenants.moved, { timeout: 90_000 }).toBe(1)
  const listed = await runCli(['reembed', '--list'], env)
  expect(listed.out).toMatch(new RegExp(`^${index}\tsmall\trunning\t2\t0\t1\t0\t0\t\\d+ of 1\t`, 'm'))
  const stopped = await runCli(['reembed', '--index', index, '--stop', '--yes', '--json'], env)
  expect(JSON.parse(stopped.out)).toMatchObject({ state: 'stopped', tenants: { left: 2, moved: 1 } })
  const wrong = await runCli(['reembed', '--index', index, '--model', 'small', '--yes'], env)
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('need --model and --budget-tokens-a-day')])
})
