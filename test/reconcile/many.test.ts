import { expect, test } from 'vitest'
import { Engine } from '../../src/pinecone-local/engine/engine.ts'
import { openDatabase } from '../../src/pinecone-local/store/open-database.ts'
import { ChaosWorld } from '../chaos/chaos-world.ts'
import { runCli } from '../cli/run-cli.ts'

/** Far below what a list of everything in the store and the registry would take, beside the replica's own. */
const heapMib = 128
const namespaceCount = 100_000
const lostCount = 60
/** Findings of a kind that a run keeps by name. */
const keptOfAKind = 10_000

test('a store with 100,000 namespaces is compared in a small heap, and the report comes in pages', {
  timeout: 900_000,
}, async () => {
  await using world = await ChaosWorld.open()
  const replica = await world.replica({ NODE_OPTIONS: `--max-old-space-size=${heapMib}`, RECONCILE_EVERY_H: '0' })
  for (const id of ['acme', 'globex']) await world.onboard(replica, id)
  const { sql } = world.home
  const [index] = await sql<{ id: number; name: string }[]>`select id, name from indexes`
  if (index === undefined) throw new Error('no index')
  const unknownCount = 60_000
  const names = Array.from({ length: namespaceCount - 2 }, (_, n) =>
    n < unknownCount ? `tenant_ghost-${n}_g1` : `crawl-${n}`,
  )
  await world.stores.whileClosed((dataDir) => makeNamespaces(dataDir, index.name, names))
  // Tenants of the registry whose namespaces somebody deleted.
  await sql`insert into tenants (id, name, tier, status, last_generation)
    select 'lost-' || n, 'lost', 'standard', 'active', 1 from generate_series(1, ${lostCount}) n`
  await sql`insert into places (tenant_id, index_id, project, index_name, namespace, generation, state)
    select id, ${index.id}, 'default', ${index.name}, 'tenant_' || id || '_g1', 1, 'active'
    from tenants where name = 'lost'`
  await sql`update indexes set namespaces_used = namespaces_used + ${lostCount}`

  const env = {
    TENANT_ROUTER_URL: replica.process.adminUrl,
    TENANT_ROUTER_TOKEN: world.platform.replace('Bearer ', ''),
  }
  const run = await runCli(['reconcile', '--json', '--limit', '20000'], env)
  const report = JSON.parse(run.out)
  expect([run.code, report.state, report.fault]).toEqual([1, 'done', null])
  expect(report.progress).toMatchObject({ indexes: 1, namespaces: namespaceCount, unseen: [] })
  expect(report.progress.unlisted).toBe(unknownCount - keptOfAKind)
  expect(report.findings).toEqual({
    namespace_unknown: keptOfAKind,
    namespace_missing: lostCount,
    namespace_foreign: 1,
  })
  const ofKind = (kind: string) => report.items.filter((item: { kind: string }) => item.kind === kind)
  expect(report.items).toHaveLength(keptOfAKind + lostCount + 1)
  expect(new Set(report.items.map((item: { namespace: string }) => item.namespace)).size).toBe(report.items.length)
  expect(ofKind('namespace_foreign')[0].detail.namespaces).toBe(namespaceCount - 2 - unknownCount)
  expect(ofKind('namespace_missing').every(({ tenantId }: { tenantId: string }) => /^lost-\d+$/.test(tenantId))).toBe(
    true,
  )
  // It serves on in that heap.
  const authorization = await world.issuer.tenant('acme')
  expect((await replica.public({ path: '/documents', authorization })).status).toBe(200)
})

/** Makes namespaces in the store's own files, which takes seconds where requests would take minutes. */
async function makeNamespaces(dataDir: string, indexName: string, names: readonly string[]): Promise<void> {
  await using engine = new Engine(openDatabase(dataDir), 1024)
  const index = engine.indexes.named(indexName)
  if (index === undefined) throw new Error(`${indexName} is not in the store`)
  await Promise.all(names.map((name) => engine.createNamespace(index, name, null, () => undefined)))
}
