import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listen } from '../../src/http/listen.ts'
import { runCli } from '../cli/run-cli.ts'
import { expectStatus } from '../support/expect-status.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { type ServiceReplica, ServiceWorld } from '../support/service-world.ts'

let world: ServiceWorld
let replica: ServiceReplica
let sales: string
let app: string
let env: Record<string, string>
beforeAll(async () => {
  world = await ServiceWorld.open()
  replica = await world.replica()
  sales = await world.issuer.staff('sales')
  app = await world.onboard(replica, 'acme')
  const listener = world.stack.use(await listen(replica.services.adminApp, { host: '127.0.0.1', port: 0 }))
  env = { TENANT_ROUTER_URL: listener.url, TENANT_ROUTER_TOKEN: sales.replace('Bearer ', '') }
})
afterAll(() => world[Symbol.asyncDispose]())

const admin = (path: string) => replica.admin({ path, authorization: sales })
const usage = async () => (await admin('/usage?tenantId=acme')).json.items
/** A replica reports once a minute; another one that ends reports at its end. */
async function with2nd(work: (second: ServiceReplica) => Promise<void>): Promise<void> {
  const second = await world.replica({}, { cacheQuietMs: 0 })
  await work(second)
  await second.services[Symbol.asyncDispose]()
}

test('usage of a day has requests, errors, latency, cache hits, and the units that the store reports', async () => {
  await with2nd(async (second) => {
    const on = (path: string, body: unknown) => second.public({ path, authorization: app, body })
    const vectors = Array.from({ length: 30 }, (_, n) => ({
      id: `r${n}`,
      values: bagOfWords('apple'),
      metadata: { text: 'x'.repeat(1_000) },
    }))
    expectStatus(await on('/vectors/upsert', { vectors }), 200)
    const query = { vector: bagOfWords('apple'), topK: 3 }
    await expect
      .poll(async () => (await on('/retrieve', { ...query, minScore: Math.random() / 1e6 })).json.matches.length, {
        timeout: 60_000,
      })
      .toBe(3)
    await expect
      .poll(async () => (await on('/retrieve', query)).headers.get('x-cache'), { timeout: 60_000 })
      .toBe('hit')
    expectStatus(await on('/vectors/fetch', { ids: vectors.map(({ id }) => id) }), 200)
    expectStatus(await on('/retrieve', { topK: 0 }), 400)
  })
  const [day] = await usage()
  expect(day).toMatchObject({
    tenantId: 'acme',
    errors: 1,
    cacheHits: 1,
    p50Ms: expect.any(Number),
    p99Ms: expect.any(Number),
    writtenRecords: 30,
  })
  expect(day.p99Ms).toBeGreaterThanOrEqual(day.p50Ms)
  // 30 records of more than 1,250 bytes each: a unit a started KB.
  expect(day.writtenBytes).toBeGreaterThan(30 * 1_250)
  expect(day.writeUnits).toBe(Math.ceil(day.writtenBytes / 1024))
  // A fetch of 30 costs 3, and every query 0.25 at least.
  expect(day.readUnits).toBeGreaterThanOrEqual(3.5)
  expect(day.egressBytes).toBeGreaterThan(30 * 1_000)
})

test('costs price a month by the list; sales sees them', async () => {
  await world.home.sql`
    insert into tenant_sizes (tenant_id, records) values ('acme', 1000000)
    on conflict (tenant_id) do update set records = 1000000`
  await world.home.sql`
    update tenant_requests set read_units = 2000000, write_units = 500000, written_records = 10, written_bytes = 20000`
  const { json } = expectStatus(await admin('/costs'), 200)
  expect(json).toMatchObject({
    month: new Date().toISOString().slice(0, 7),
    currency: 'USD',
    prices: { plan: 'Standard' },
    estimate: expect.stringContaining('no invoice'),
  })
  const [one] = json.items
  expect(one).toMatchObject({ tenantId: 'acme', kind: 'pool', storedBytes: 2e9, cost: { reads: 32, writes: 2 } })
  expect(one.cost.total).toBeCloseTo(one.cost.reads + one.cost.writes + one.cost.storage, 9)
  expect(one.cost.storage).toBeCloseTo(2 * 0.33 * one.monthShare, 9)
  expect((await admin('/costs?month=2020-01')).status).toBe(200)
  expect((await admin('/costs?month=2020-13')).status).toBe(400)
})

test('a region that the list lacks has no price, in place of another’s', async () => {
  await world.home.sql`update indexes set region = 'eu-west-1'`
  const [one] = (await admin('/costs')).json.items
  expect(one).toMatchObject({ cost: null, notes: [expect.stringContaining('no price for aws/eu-west-1')] })
  await world.home.sql`update indexes set region = 'us-east-1'`
})

test('answers are priced by what their model reads and writes; a model without a price says so', async () => {
  await world.home.sql`
    update tenant_requests set answer_tokens = 3000000, answer_output_tokens = 1000000, embedding_tokens = 0`
  const with_ = async (env: Record<string, string>) => {
    const other = await world.replica({ OPENAI_API_KEY: 'none', ...env })
    return (await other.admin({ path: '/costs', authorization: sales })).json.items[0]
  }
  const priced = await with_({ ANSWER_MODEL: 'gpt-4.1-mini-2025-04-14' })
  expect(priced).toMatchObject({ answerTokens: 3e6, answerOutputTokens: 1e6 })
  expect(priced.cost.answers).toBeCloseTo(2 * 0.4 + 1.6, 9)
  const { reads, writes, storage, answers, total } = priced.cost
  expect(total).toBeCloseTo(reads + writes + storage + answers, 9)
  const unknown = await with_({ ANSWER_MODEL: 'house-model' })
  expect(unknown.cost.answers).toBeNull()
  expect(unknown.notes).toContain('Its answers’ model (house-model) has no price. PRICE_LIST adds it.')
  const own = join(await mkdtemp(join(tmpdir(), 'tenant-router-prices-')), 'prices.json')
  const answerModels = { 'house-model': { perMillionInput: 1, perMillionOutput: 10 } }
  await writeFile(own, JSON.stringify({ asOf: '2026-11-01', plan: 'own', answerModels }))
  expect((await with_({ ANSWER_MODEL: 'house-model', PRICE_LIST: own })).cost).toBeNull()
  const regions = { 'aws/us-east-1': { perMillionReadUnits: 1, perMillionWriteUnits: 1, perGigabyteMonth: 1 } }
  await writeFile(own, JSON.stringify({ asOf: '2026-11-01', plan: 'own', regions, answerModels }))
  expect((await with_({ ANSWER_MODEL: 'house-model', PRICE_LIST: own })).cost.answers).toBeCloseTo(12, 9)
  await rm(join(own, '..'), { recursive: true })
})

test('the command line shows costs as a table and as CSV whose cells are no formulas', async () => {
  await world.home.sql`update tenants set name = '=HYPERLINK("http://x")'`
  await world.home.sql`update tenant_requests set write_units = 5`
  const table = await runCli(['costs'], env)
  expect(table.code).toBe(0)
  expect(table.out).toMatch(/acme\t\$32\.00\t.*under a cent/)
  expect(table.err).toContain('no invoice')
  const csv = await runCli(['costs', '--csv'], env)
  const [head, row] = csv.out.split('\n')
  expect(head).toMatch(/^tenantId,name,tier/)
  expect(row).toMatch(/^acme,"'=HYPERLINK\(""http:\/\/x""\)",standard/)
  const used = await runCli(['usage', '--tenant', 'acme', '--csv'], env)
  expect(used.out).toMatch(/^day,tenantId,requests/)
})

test('a plan says what a month costs before and after, by what the tenant used', async () => {
  const platform = await world.issuer.staff('platform')
  const plan = async () =>
    (
      await replica.admin({
        path: '/tenants/acme/moves',
        authorization: platform,
        body: { kind: 'promote', plan: true },
      })
    ).json
  await world.home.sql`update tenant_requests set read_units = 1000000, write_units = 250000`
  const { monthly, bytes } = await plan()
  const days = 1
  expect(monthly).toMatchObject({ currency: 'USD', days, basis: expect.stringContaining('of one day') })
  expect(monthly.before.reads).toBeCloseTo((730 / 24) * 16, 6)
  expect(monthly.before.writes).toBeCloseTo((730 / 24) * 0.25 * 4, 6)
  expect(monthly.before.storage).toBeCloseTo((bytes / 1e9) * 0.33, 12)
  // A unit costs the same in an index of its own.
  expect(monthly.after).toEqual(monthly.before)
  const told = await runCli(['promote', 'acme', '--plan'], {
    ...env,
    TENANT_ROUTER_TOKEN: platform.replace('Bearer ', ''),
  })
  expect(told.out).toMatch(/\$517\.08 before, \$517\.08 after\. An estimate/)
  await world.home.sql`update indexes set region = 'eu-west-1'`
  expect((await plan()).monthly).toMatchObject({ before: null })
  await world.home.sql`update indexes set region = 'us-east-1'`
  await world.home.sql`delete from tenant_requests`
  expect((await plan()).monthly).toMatchObject({ days: 0, before: null, after: null })
})
