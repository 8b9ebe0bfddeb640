import { afterEach, beforeEach, expect, test } from 'vitest'
import { listen } from '../../src/http/listen.ts'
import { type CliRun, runCli } from '../cli/run-cli.ts'
import { expectStatus } from '../support/expect-status.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { holdRound } from '../support/hold-round.ts'
import { type Answer, type ServiceReplica, ServiceWorld } from '../support/service-world.ts'

let world: ServiceWorld
let replicas: readonly [ServiceReplica, ServiceReplica]
let platform: string
let env: Record<string, string>
const settings = { RECONCILE_EVERY_H: '0', RECONCILE_GRACE_H: '0', SESSION_LEASE_S: '5' }

beforeEach(async () => {
  world = await ServiceWorld.open()
  // The losses are looked for by the reconciliation alone.
  const overrides = { reconcile: { pollMs: 50 }, lossEveryMs: 3_600_000 }
  replicas = [await world.replica(settings, overrides), await world.replica(settings, overrides)]
  world.local.local.setFaults({ lagMs: 300 })
  platform = await world.issuer.staff('platform')
  const listener = world.stack.use(await listen(replicas[1].services.adminApp, { host: '127.0.0.1', port: 0 }))
  env = { TENANT_ROUTER_URL: listener.url, TENANT_ROUTER_TOKEN: platform.replace('Bearer ', '') }
})
afterEach(() => world[Symbol.asyncDispose]())

const admin = (method: string, path: string, body?: unknown, authorization = platform): Promise<Answer> =>
  replicas[0].admin({ method, path, authorization, ...(body !== undefined && { body }) })

// biome-ignore lint/suspicious/noExplicitAny: a test looks into an answer as an outside caller does
type Json = any

async function reconcile(...args: string[]): Promise<CliRun & { readonly json: Json }> {
  const run = await runCli(['reconcile', '--json', ...args], env)
  return { ...run, json: run.out === '' ? undefined : JSON.parse(run.out) }
}

/** Kind, tenant and state of the fix of each finding. */
const found = (run: { readonly json: Json }) =>
  run.json.items.map((one: Json) => [one.kind, one.tenantId ?? one.index, one.fix]).sort()

/** The place of a tenant as a key of the operator reaches it. */
async function place(tenantId: string) {
  const { routes } = replicas[0].services
  return world.local.connect().open((await routes.find(tenantId as never)).routing.active)
}

async function put(tenantId: string, documentId: string, text: string, replica = replicas[0]): Promise<void> {
  const authorization = await world.issuer.tenant(tenantId)
  const answer = await replica.public({
    method: 'PUT',
    path: `/documents/${documentId}`,
    authorization,
    body: { text },
  })
  expect(answer.status, answer.text).toBeLessThan(300)
}

test('a registry and a store that agree have no findings, while an app writes through both replicas', async () => {
  const app = await world.onboard(replicas[0], 'acme')
  await world.onboard(replicas[0], 'quiet')
  await put('quiet', 'guide', 'apples and pears')
  await put('acme', 'guide', 'bread and butter')
  await replicas[1].public({
    path: '/vectors/upsert',
    authorization: app,
    body: { vectors: [{ id: 'own', values: bagOfWords('salt') }] },
  })
  const writing = new AbortController()
  const writer = (async () => {
    for (let n = 0; !writing.signal.aborted; n++) {
      await put('acme', `note-${n % 3}`, `note ${n}`, replicas[n % 2])
      await replicas[1].public({ method: 'DELETE', path: `/documents/note-${(n + 1) % 3}`, authorization: app })
    }
  })()
  const run = await reconcile()
  writing.abort()
  await writer
  expect(run.code, run.err).toBe(0)
  expect(run.json).toMatchObject({ state: 'done', problems: 0, fixed: 0, items: [], createdBy: expect.any(String) })
  expect(run.json.progress).toMatchObject({ indexes: 1, namespaces: 2, unseen: [], unlisted: 0 })
  expect(run.json.progress.tenants + run.json.progress.tenantsLeft).toBe(2)
  const shown = await admin('GET', `/reconciliations/${run.json.id}`, undefined, await world.issuer.staff('auditor'))
  expect(shown.json).toMatchObject({ id: run.json.id, state: 'done' })
  expectStatus(await admin('POST', '/reconciliations', {}, await world.issuer.staff('auditor')), 403)
})

test('every kind of difference is found, and a fix settles only what is provably safe, seen by two runs', async () => {
  for (const id of ['acme', 'emptied', 'gone', 'past', 'more']) await world.onboard(replicas[0], id)
  for (const id of ['acme', 'emptied', 'more']) await put(id, 'guide', 'apples and pears')
  const { sql } = world.home
  const store = world.local.connect()
  // A namespace that somebody deleted, chunks that somebody deleted, and chunks that nobody lists.
  await (await place('gone')).deleteNamespace()
  await (await place('emptied')).deleteIds(['guide#0'])
  await sql`delete from documents where tenant_id = 'more'`
  // A place that was given up, and that a late write brought back.
  const past = await place('past')
  expectStatus(await admin('DELETE', '/tenants/past'), 202)
  await expect.poll(async () => (await admin('GET', '/tenants/past')).json.status).toBe('offboarded')
  // The sweep of the replicas, which would delete it within a minute, waits.
  await holdRound(sql, 'sweep')
  await past.upsert([{ id: 'late', values: bagOfWords('late') }])
  // Named as ours and unknown, named by others, and an index that nothing proves to be ours.
  const elsewhere = { ...past.placement, namespace: 'tenant_ghost_g3' }
  await store.open(elsewhere).upsert([{ id: 'theirs', values: bagOfWords('ghost') }])
  await store.open({ ...past.placement, namespace: 'somebody' }).upsert([{ id: 'theirs', values: bagOfWords('x') }])
  const like = { dimension: 64, metric: 'cosine', cloud: 'aws', region: 'us-east-1' } as const
  await store.createIndex('default', { ...like, name: 'tr-silo-unproven', tags: { 'tenant-router': 'silo' } })
  await store.createIndex('default', { ...like, name: 'catalogue', tags: {} })
  await sql`update indexes set namespaces_used = namespaces_used + 2`

  const first = await reconcile()
  const expected = (safe: string) =>
    [
      ['namespace_missing', 'gone', 'none'],
      ['documents_without_vectors', 'emptied', 'none'],
      ['vectors_without_documents', 'more', 'none'],
      ['namespace_returned', 'past', safe],
      ['namespace_unknown', 'ghost', 'none'],
      ['namespace_foreign', 'tr-pool-1', 'none'],
      ['index_unproven', 'tr-silo-unproven', 'none'],
      ['index_foreign', 'catalogue', 'none'],
      ['capacity_differs', 'tr-pool-1', safe],
    ].sort()
  expect(found(first)).toEqual(expected('waiting'))
  expect(first.code).toBe(1)
  expect(first.err).toContain('7 finding(s) are open')

  // The second run sees them again; it is the dry run of a fix, and changes nothing.
  const rehearsal = await reconcile('--fix', '--dry-run')
  expect(found(rehearsal)).toEqual(expected('due'))
  expect(await past.describeNamespace()).toEqual({ recordCount: 1 })
  expect((await reconcile('--fix')).code).toBe(2)

  const fixed = await reconcile('--fix', '--yes', '--note', 'after the audit')
  expect(found(fixed), fixed.out).toEqual(expected('done'))
  expect(fixed.json).toMatchObject({ problems: 7, fixed: 2 })
  await expect.poll(() => past.describeNamespace()).toBeUndefined()
  const [{ used = 0 } = {}] = await sql<{ used: number }[]>`select namespaces_used as used from indexes`
  expect(used).toBe(4)
  const deeds = (await admin('GET', '/audit?action=reconcile.')).json.items
  expect(deeds.map((deed: Json) => [deed.action, deed.tenantId, deed.detail.reconciliation])).toEqual([
    ['reconcile.capacity_differs', null, fixed.json.id],
    ['reconcile.namespace_returned', 'past', fixed.json.id],
  ])
  const asked = (await admin('GET', '/audit?action=reconcile')).json.items
  expect(asked[0]).toMatchObject({ note: 'after the audit', detail: { fix: true } })

  const metrics = (await admin('GET', '/metrics')).text
  expect(metrics).toContain('tenant_router_reconcile_findings{kind="namespace_unknown"} 1')
  expect(metrics).toContain('tenant_router_reconcile_findings{kind="index_missing"} 0')
  expect(metrics).toMatch(/^tenant_router_reconcile_last_timestamp_seconds \d+/m)

  // What is not safe stays as it was, for whoever decides.
  expect(await store.open(elsewhere).describeNamespace()).toEqual({ recordCount: 1 })
  expect((await store.listIndexes('default')).map(({ name }) => name).sort()).toEqual([
    'catalogue',
    'tr-pool-1',
    'tr-silo-unproven',
  ])
  const page = await admin('GET', `/reconciliations/${fixed.json.id}/findings?limit=4`)
  const rest = await admin('GET', `/reconciliations/${fixed.json.id}/findings?limit=100&cursor=${page.json.nextCursor}`)
  expect([page.json.items.length, rest.json.items.length, rest.json.nextCursor]).toEqual([4, 5, null])
  const last = await runCli(['reconcile'], env)
  expect(last.out).toMatch(/namespace_unknown\tdefault\/tr-pool-1\ttenant_ghost_g3\tghost/)
  expect(last.out).not.toContain('namespace_returned')
})
