import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listen } from '../../src/http/listen.ts'
import { expectStatus } from '../support/expect-status.ts'
import { type ServiceReplica, ServiceWorld } from '../support/service-world.ts'
import { fakeAdmin } from './fake-admin.ts'
import { runCli } from './run-cli.ts'

test('the verbs of moves send what the contract says', async () => {
  const answer = { id: 'm1', index: 'p-1', moves: [], skipped: [], left: 0, refusals: [] }
  await using admin = await fakeAdmin(() => [202, answer])
  const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' }
  const verbs = [
    [['demote', 'acme', '--no-watch'], '/tenants/acme/moves', { kind: 'demote' }],
    [['rebalance', 'acme', '--no-watch'], '/tenants/acme/moves', { kind: 'rebalance' }],
    [['rebalance', 'acme', '--to', 'p-2', '--no-watch'], '/tenants/acme/moves', { kind: 'rebalance', to: 'p-2' }],
    [['rebalance', '--drain', 'p-1', '--no-watch'], '/indexes/p-1/drain', undefined],
    [
      ['reembed', 'acme', '--model', 'large', '--leave-behind', '3', '--no-watch'],
      '/tenants/acme/moves',
      { kind: 'reembed', model: 'large', leaveBehind: 3 },
    ],
    [
      ['relocate', 'acme', '--region', 'eu-west-1', '--project', 'eu', '--no-watch'],
      '/tenants/acme/moves',
      { kind: 'relocate', region: 'eu-west-1', project: 'eu' },
    ],
    [['indexes', 'reopen', 'p-1'], '/indexes/p-1/drain', undefined, 'DELETE'],
    ...['pause', 'resume'].map((verb) => [['moves', verb, 'm1'], `/moves/m1/${verb}`, undefined] as const),
    ...['cancel', 'rollback', 'complete'].map(
      (verb) => [['moves', verb, 'm1', '--no-watch'], `/moves/m1/${verb}`, undefined] as const,
    ),
  ] as const
  for (const [args, path, body, method = 'POST'] of verbs) {
    const { code, err } = await runCli([...args, '--yes', '--json'], env)
    const last = admin.seen.at(-1)
    expect([code, err, last?.method, last?.path, last?.body]).toEqual([0, '', method, path, body])
  }
  const dry = await runCli(['rebalance', 'acme', '--to', 'p-2', '--dry-run', '--json'], env)
  const wanted = { kind: 'rebalance', to: 'p-2' }
  expect(JSON.parse(dry.out)).toMatchObject({ dryRun: true, body: wanted, plan: { refusals: [] } })
  expect(admin.seen.slice(verbs.length)).toMatchObject([{ body: { ...wanted, plan: true } }])
})

test('a refused relocation is short, and names every choice by the option that makes it', async () => {
  const detail = "The tenant's records would stay in us-east-1, which the project 'eu' does not serve."
  const faults = [{ path: 'region', message: 'must be a region that it serves: eu-west-1, eu-central-1' }]
  const source = { kind: 'pool', index: 'p-1', region: 'us-east-1', project: 'default' }
  const plan = { tenantId: 'acme', kind: 'relocate', source, refusals: [{ code: 'conflict', message: detail, faults }] }
  await using admin = await fakeAdmin(({ body }) =>
    (body as { readonly plan?: true }).plan ? [200, plan] : [409, { code: 'conflict', detail, faults }],
  )
  const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' }
  const option = '\n  --region must be a region that it serves: eu-west-1, eu-central-1\n'
  const planned = await runCli(['relocate', 'acme', '--project', 'eu', '--plan'], env)
  expect(planned).toEqual({
    code: 3,
    out: 'plan  relocate acme; it would be refused\nfrom  p-1, shared index in us-east-1, project default\n',
    err: `Refused: ${detail} (conflict)${option}`,
  })
  const refused = await runCli(['relocate', 'acme', '--project', 'eu', '--yes'], env)
  expect(refused).toEqual({ code: 3, out: '', err: `Refused: ${detail} (409 conflict)${option}` })
})

test.each([
  [['rebalance'], 'Name a tenant, or --drain'],
  [['rebalance', 'acme', '--drain', 'p-1', '--yes'], '--drain empties an index'],
  [['rebalance', '--drain', 'p-1'], 'Nobody can be asked here: pass --yes'],
  [['relocate', 'acme', '--yes'], '--region, --project, or both'],
  [['demote'], "missing required argument 'id'"],
])('wrong use of %j ends with 2', async (args, sentence) => {
  const { code, err } = await runCli(args, { TENANT_ROUTER_TOKEN: 'staff' })
  expect([code, err]).toEqual([2, expect.stringContaining(sentence)])
})

test('a drain that the server cuts into parts is asked for until none is left', async () => {
  let left = 2
  await using admin = await fakeAdmin(() => {
    const move = { id: `m${left}`, tenantId: `t${left}`, kind: 'rebalance', state: 'queued', createdAt: '' }
    left -= 1
    return [202, { index: 'p-1', moves: [move], skipped: [{ tenantId: 'x', reason: 'Busy.' }], left }]
  })
  const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' }
  const { code, out, err } = await runCli(['rebalance', '--drain', 'p-1', '--yes', '--no-watch'], env)
  expect([code, admin.seen.length]).toEqual([0, 2])
  expect(out).toMatch(/m2\tt2\tqueued[\s\S]*m1\tt1\tqueued/)
  expect(err).toContain('Not queued: x. Busy.')
  expect(err).toContain('2 move(s) are queued')
})

describe('against a running service', () => {
  let world: ServiceWorld
  let replica: ServiceReplica
  let env: Record<string, string>
  beforeEach(async () => {
    world = await ServiceWorld.open()
    replica = await world.replica()
    const listener = world.stack.use(await listen(replica.services.adminApp, { host: '127.0.0.1', port: 0 }))
    const authorization = await world.issuer.staff('platform')
    env = { TENANT_ROUTER_URL: listener.url, TENANT_ROUTER_TOKEN: authorization.replace('Bearer ', '') }
  })
  afterEach(() => world[Symbol.asyncDispose]())

  const run = (...args: string[]) => runCli(args, env)

  test('a tenant is planned, promoted, demoted and drained, and a plan that is refused ends with 3', async () => {
    expect((await run('tenants', 'create', 'acme', '--name', 'Acme', '--yes')).code).toBe(0)
    const authorization = await world.issuer.tenant('acme')
    const body = { text: 'Refunds take 14 days.' }
    expectStatus(await replica.public({ method: 'PUT', path: '/documents/a', authorization, body }), 201)

    const planned = await run('promote', 'acme', '--plan')
    expect(planned.code).toBe(0)
    expect(planned.out).toMatch(/plan +promote acme; nothing was changed/)
    expect(planned.out).toMatch(/price +under a cent: .*by the list of 2026-\S+ \(Standard\)/)
    expect(planned.out).toMatch(/egress +about .* out of the old place and .* No price is known: .*aws\/us-east-1/)
    expect(planned.out).toMatch(/time +about 1\d s until the switch: prepare 10 s/)
    expect(planned.out).toMatch(
      /binds +prepare, 10 s: the vendor takes about 10 s to start an index\nbased on +Listings/,
    )
    const machine = JSON.parse((await run('promote', 'acme', '--plan', '--json')).out)
    expect(machine).toMatchObject({
      egress: { price: null, perGigabyte: { source: null, target: null } },
      binds: { step: 'prepare', limit: 'new_index', seconds: 10 },
      // The document was put by this replica: its metrics have the upsert.
      speeds: { basis: { answers: 'measured', puts: 'measured', processor: 'measured' } },
    })
    const refused = await run('demote', 'acme', '--plan', '--json')
    expect([refused.code, refused.err]).toEqual([3, 'Refused: The tenant is in a shared index already. (conflict)\n'])
    expect(JSON.parse(refused.out)).toMatchObject({ records: 1, refusals: [{ code: 'conflict' }] })
    expect(JSON.parse((await run('moves', 'list', '--json')).out).items).toEqual([])
    expect((await run('demote', 'acme', '--yes')).code).toBe(3)

    for (const verb of ['promote', 'demote']) {
      const moved = await run(verb, 'acme', '--yes', '--json')
      expect([moved.code, moved.err]).toEqual([0, ''])
      const move = JSON.parse(moved.out.trim().split('\n').at(-1) ?? '')
      expect(move).toMatchObject({ kind: verb, state: 'soaking', verification: { equal: 1 } })
      expect((await run('moves', 'complete', move.id, '--yes')).code).toBe(0)
      expect((await run('moves', 'watch', move.id)).code).toBe(0)
    }
    const full = await run('rebalance', '--drain', 'tr-pool-1', '--yes')
    expect([full.code, full.err]).toEqual([3, expect.stringContaining('tenant-router indexes add')])
    expect((await run('indexes', 'add', '--yes')).code).toBe(0)
    const drained = JSON.parse((await run('rebalance', '--drain', 'tr-pool-1', '--yes', '--json', '--no-watch')).out)
    expect(drained).toMatchObject({ index: 'tr-pool-1', moves: [{ tenantId: 'acme', kind: 'rebalance' }] })
    expect((await run('moves', 'watch', drained.moves[0].id)).code).toBe(0)
    const shown = JSON.parse((await run('moves', 'show', drained.moves[0].id, '--json')).out)
    expect(shown).toMatchObject({ state: 'soaking', target: { index: 'tr-pool-2' } })
    const read = (await run('moves', 'show', drained.moves[0].id)).out
    expect(read).toMatch(/^to +tr-pool-2, a shared index, project default$/m)
    expect(read).toMatch(
      new RegExp(`^What can be done:\n  tenant-router moves complete ${shown.id}\n      deletes`, 'm'),
    )
    const listed = (await run('moves', 'list')).out
    expect(listed).toMatch(/ID\tTENANT\tKIND\tSTATE\tCOPIED\tDONE\tCREATED\tWAITS FOR/)
    expect(listed).toMatch(new RegExp(`^${shown.id}\tacme\trebalance\tsoaking\t1 of 1\t100 %\t`, 'm'))
    const indexes = JSON.parse((await run('indexes', 'list', '--json')).out).items
    expect(indexes).toMatchObject([
      { name: 'tr-pool-1', full: true, draining: true },
      { name: 'tr-pool-2', draining: false },
    ])
    const rows = (await run('indexes', 'list')).out
    expect(rows).toMatch(/^tr-pool-1\tdefault\tpool\tdraining\t/m)
    expect(rows).toMatch(/^tr-pool-2\tdefault\tpool\tready\t/m)
    // A new tenant goes elsewhere.
    expect((await run('tenants', 'create', 'bolt', '--name', 'Bolt', '--yes')).code).toBe(0)
    const bolt = JSON.parse((await run('tenants', 'show', 'bolt', '--json')).out)
    expect(bolt.placement.index).toBe('tr-pool-2')
    const found = await replica.public({ path: '/retrieve', authorization, body: { query: 'refunds' } })
    expect(found.json.matches[0].text).toContain('Refunds take 14 days.')
  })

  test('only the platform team moves tenants and drains indexes', async () => {
    const sales = await world.issuer.staff('sales')
    for (const path of ['/tenants/acme/moves', '/indexes/tr-pool-1/drain']) {
      const answer = await replica.admin({ method: 'POST', path, authorization: sales, body: { kind: 'promote' } })
      expect([path, answer.status]).toEqual([path, 403])
    }
  })
})
