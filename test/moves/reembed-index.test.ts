import { afterEach, expect, test } from 'vitest'
import { listen } from '../../src/http/listen.ts'
import { runCli } from '../cli/run-cli.ts'
import { ReembedWorld } from './reembed-world.ts'

let world: ReembedWorld
afterEach(() => world[Symbol.asyncDispose]())

const index = 'tr-pool-1'

/** Tenants `acme`, `b` and `c` of one shared index, with a document each, and an index of the new model. */
async function withTenants(env: Readonly<Record<string, string>> = {}): Promise<void> {
  world = await ReembedWorld.open({ env, overrides: { policyEveryMs: 50 } })
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
