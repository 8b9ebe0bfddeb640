import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'yaml'
import { freePort } from '../../src/embedded/free-port.ts'
import { startParts } from '../../src/embedded/parts.ts'
import { runCli } from '../cli/run-cli.ts'
import { startEntry, startProgram } from '../e2e/run-entry.ts'

/**
 * `npm run test:prometheus`: the machine's Prometheus scrapes a replica under traffic, and answers every query of the
 * alerts and dashboards; its promtool reads the rules and what the replica serves.
 */
const deploy = new URL('../../deploy/', import.meta.url)
const folder = await mkdtemp(join(tmpdir(), 'tenant-router-prometheus-'))
await using stack = new AsyncDisposableStack()
stack.defer(() => rm(folder, { recursive: true, force: true }))
const names = { tenantClaim: 'tenant_id', groupsClaim: 'groups', rolesClaim: 'roles' }
const issuer = { issuer: 'https://id.example.com/', audience: 'tenant-router', ...names }
const parts = stack.use(await startParts({ folder: join(folder, 'data'), issuer }))
const migrated = await runCli(['migrate', '--yes'], { ...parts.settings })
assert.equal(migrated.code, 0, migrated.err)
const [port, adminPort, prometheusPort] = [await freePort(), await freePort(), await freePort()]
const address = { HOST: '127.0.0.1', PORT: String(port), ADMIN_PORT: String(adminPort) }
const replica = stack.use(startEntry('main.ts', { ...parts.settings, ...address }))
await replica.until('"msg":"ready"')

const rulesFile = new URL('prometheus/alerts.yml', deploy).pathname
const rules: readonly Rule[] = parse(await readFile(rulesFile, 'utf8')).groups.flatMap(
  (group: { rules: readonly Rule[] }) => group.rules,
)
const boards = await Promise.all(
  (await readdir(new URL('grafana/', deploy))).map(async (name) => ({
    name,
    queries: queriesOf(JSON.parse(await readFile(new URL(`grafana/${name}`, deploy), 'utf8'))),
  })),
)
const config = join(folder, 'prometheus.yml')
await writeFile(
  config,
  JSON.stringify({
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [rulesFile],
    scrape_configs: [{ job_name: 'tenant-router', static_configs: [{ targets: [`127.0.0.1:${adminPort}`] }] }],
  }),
)
for (const [what, args] of [
  ['rules', ['check', 'rules', rulesFile]],
  ['configuration', ['check', 'config', config]],
] as const) {
  const tool = stack.use(startProgram('promtool', args, {}))
  assert.equal(await tool.ended, 0, tool.printed())
  console.log(`ok  promtool has no fault to find with the ${what}`)
}
const url = `http://127.0.0.1:${prometheusPort}`
const storage = ['--storage.tsdb.path', join(folder, 'tsdb'), '--web.listen-address', `127.0.0.1:${prometheusPort}`]
const prometheus = stack.use(startProgram('prometheus', ['--config.file', config, ...storage], {}))
await prometheus.until('Server is ready')

await traffic()
// A rate needs two scrapes of the same series.
for (let scrapes = 0; scrapes < 5; ) {
  await sleep(1_000)
  scrapes = Number((await ask('count_over_time(up{job="tenant-router"}[5m])'))[0]?.value[1] ?? 0)
}
await traffic()
await sleep(3_000)

const counted = (await ask('count(count by (__name__) ({job="tenant-router"}))'))[0]?.value[1]
console.log(`ok  Prometheus has ${counted} names of metrics of the replica`)
let answered = 0
for (const { alert, expr } of rules) {
  await ask(expr)
  answered += 1
  // The comparison at the end decides whether it fires; what is before it has to be there.
  if (alert === 'TenantRouterReplicaDown') assert.equal((await ask('up{job="tenant-router"}')).length, 1)
}
const silent: string[] = []
for (const { name, queries } of boards) {
  assert.ok(queries.length > 0, name)
  for (const query of queries) {
    if ((await ask(query)).length === 0) silent.push(`${name}: ${query}`)
    answered += 1
  }
}
console.log(`ok  ${answered} queries are answered, ${rules.length} of them alerts`)
if (silent.length > 0)
  console.log(`    without a series, since nothing of the kind happened:\n    ${silent.join('\n    ')}`)
assert.ok(silent.length < answered / 3, 'most queries of the dashboards find series')
const evaluated = await json<{ groups: { rules: { health: string }[] }[] }>(await fetch(`${url}/api/v1/rules`))
const broken = evaluated.data.groups.flatMap((group) => group.rules.filter(({ health }) => health !== 'ok'))
assert.deepEqual(broken, [])
console.log('ok  Prometheus evaluates every rule')

const served = await fetch(`http://127.0.0.1:${adminPort}/metrics`).then((answer) => answer.text())
const metrics = stack.use(startProgram('promtool', ['check', 'metrics'], {}, served))
assert.equal(await metrics.ended, 0, metrics.printed())
console.log('ok  promtool has no fault to find with the metrics')
prometheus.child.kill('SIGTERM')
await once(prometheus.child, 'exit')
console.log('6 passed, 0 failed')

interface Rule {
  readonly alert: string
  readonly expr: string
}

interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}

/** Every `expr` in a dashboard, wherever its panels stand. */
function queriesOf(part: unknown): readonly string[] {
  if (typeof part !== 'object' || part === null) return []
  return Object.entries(part).flatMap(([key, value]) =>
    key === 'expr' && typeof value === 'string' ? [value] : queriesOf(value),
  )
}

/** The samples of a query. @throws when Prometheus refuses it. */
async function ask(query: string): Promise<readonly Sample[]> {
  const answer = await fetch(`${url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query }) })
  const { status, error, data, warnings } = await json<{ result: readonly Sample[] }>(answer)
  assert.equal(status, 'success', `${query}: ${error}`)
  assert.equal(warnings, undefined, query)
  return data.result
}

/** An answer of Prometheus's API. */
async function json<T>(answer: Response) {
  return (await answer.json()) as { status: string; data: T; error?: string; warnings?: readonly string[] }
}

/** Something of each kind: an onboarding, documents, questions, vectors, a refusal, a place that is named. */
async function traffic(): Promise<void> {
  const [staff, tenant] = [await parts.issuer.mint({ role: 'platform' }), await parts.issuer.mint({ tenant: 'acme' })]
  const [admin, app] = [`http://127.0.0.1:${adminPort}`, `http://127.0.0.1:${port}`]
  await send(`${admin}/tenants`, staff, 'POST', { id: 'acme', name: 'Acme' })
  for (const n of [1, 2, 3]) {
    await send(`${app}/documents/d${n}`, tenant, 'PUT', { text: `Document ${n} says what number ${n} is.` })
    for (const _ of ['asked', 'and again']) await send(`${app}/retrieve`, tenant, 'POST', { query: `What is ${n}?` })
    await send(`${app}/answer`, tenant, 'POST', { question: `What does document ${n} say?` })
  }
  await send(`${app}/documents`, tenant, 'POST', { documentId: 'later', text: 'What is read in the background.' })
  await send(`${app}/retrieve`, tenant, 'POST', { query: 'What?', namespace: 'tenant_other_g1' })
  await send(`${app}/retrieve`, 'nothing', 'POST', { query: 'What?' })
}

async function send(address: string, token: string, method: string, body: unknown): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const answer = await fetch(address, { method, headers, body: JSON.stringify(body) })
  await answer.text()
  assert.ok(answer.status < 500, `${address}: ${answer.status}`)
}
