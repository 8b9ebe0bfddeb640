import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ChaosReplica, ChaosWorld } from '../chaos/chaos-world.ts'

let world: ChaosWorld
beforeEach(async () => {
  world = await ChaosWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

const patient = { timeout: 60_000, interval: 100 }
const env = { POOL_NAMESPACE_LIMIT: '2', RECONCILE_EVERY_H: '0', SESSION_LEASE_S: '2' }

const admin = (replica: ChaosReplica, path: string, body?: unknown) =>
  replica.admin({ path, authorization: world.platform, body })

/** Two shared indexes, each with a namespace that the registry does not know. */
async function twoIndexes(replica: ChaosReplica): Promise<void> {
  for (const id of ['acme', 'globex', 'initech']) await world.onboard(replica, id)
  const store = world.stores.connect()
  const rows = await world.home.sql<{ name: string; host: string }[]>`select name, host from indexes order by id`
  expect(rows.map(({ name }) => name)).toEqual(['chaos-pool-1', 'chaos-pool-2'])
  for (const [at, { name, host }] of rows.entries()) {
    const response = await fetch(`${host}/namespaces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'api-key': 'local' },
      body: JSON.stringify({ name: `tenant_ghost${at}_g1` }),
    })
    expect(response.status, name).toBe(200)
  }
  await store[Symbol.asyncDispose]()
}

/** Begins a run, of which the second index does not get its answer before `release`. */
async function heldRun(replica: ChaosReplica): Promise<string> {
  world.stores.local.setFaults({
    lagMs: 300,
    rules: [{ fault: 'latency', ms: 86_400_000, on: 'listNamespaces', index: 'chaos-pool-2', times: 1 }],
  })
  const begun = await admin(replica, '/reconciliations', {})
  expect(begun.status, begun.text).toBe(202)
  await expect.poll(async () => (await shown(replica, begun.json.id)).progress.indexes, patient).toBe(1)
  // The fault was met: this replica waits for the second index.
  await expect.poll(() => world.stores.local.faults().rules, patient).toMatchObject([{ times: 0 }])
  return begun.json.id
}

const shown = async (replica: ChaosReplica, id: string) => (await admin(replica, `/reconciliations/${id}`)).json

async function expectWhole(replica: ChaosReplica, id: string): Promise<void> {
  await expect.poll(async () => (await shown(replica, id)).state, patient).toBe('done')
  const run = await shown(replica, id)
  expect(run).toMatchObject({ fault: null, problems: 2, findings: { namespace_unknown: 2 } })
  expect(run.progress).toMatchObject({ indexes: 2, namespaces: 5, unseen: [], unlisted: 0 })
  expect(run.progress.tenants + run.progress.tenantsLeft).toBe(3)
  const { items } = (await admin(replica, `/reconciliations/${id}/findings`)).json
  expect(
    items.map((one: { index: string; tenantId: string; looks: number }) => [one.index, one.tenantId, one.looks]),
  ).toEqual([
    ['chaos-pool-1', 'ghost0', 1],
    ['chaos-pool-2', 'ghost1', 1],
  ])
}

test('the run of a replica that was killed is finished by another, behind the index that was done', {
  timeout: 600_000,
}, async () => {
  const first = await world.replica(env)
  await twoIndexes(first)
  const id = await heldRun(first)
  await first.process.kill()
  // What the first index has by now is not looked at again.
  const seen = await world.home.sql`select id, first_seen_at from reconcile_findings`
  expect(seen).toHaveLength(1)
  const second = await world.replica(env)
  await expectWhole(second, id)
  expect(await world.home.sql`select id, first_seen_at from reconcile_findings where id = ${seen[0]?.id}`).toEqual(seen)
})

test('a replica that was paused beyond its claim changes nothing of a run that another took over', {
  timeout: 600_000,
}, async () => {
  const first = await world.replica(env)
  await twoIndexes(first)
  const id = await heldRun(first)
  const second = await world.replica(env)
  first.process.freeze()
  await expectWhole(second, id)
  const before = await shown(second, id)
  first.process.thaw()
  // It works again, and finds that the run is not its own.
  await expect.poll(async () => (await first.admin({ path: '/readyz', authorization: '' })).status, patient).toBe(200)
  const next = await admin(second, '/reconciliations', {})
  expect(next.status, next.text).toBe(202)
  await expect.poll(async () => (await shown(first, next.json.id)).state, patient).toBe('done')
  expect(await shown(first, id)).toEqual(before)
})
