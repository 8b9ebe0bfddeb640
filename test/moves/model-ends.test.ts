import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { temporaryFolder } from '../embedded/temporary-folder.ts'
import { hashEmbedder } from '../support/hash-embedder.ts'
import { type ServiceReplica, ServiceWorld } from '../support/service-world.ts'

let world: ServiceWorld
afterEach(() => world[Symbol.asyncDispose]())

const dimension = 64
const announced = 'text-embedding-3-small'

/** A replica with a model of Azure, whose end is announced, and those of a file beside it. */
async function replicaWith(entries: readonly object[]): Promise<ServiceReplica> {
  world = await ServiceWorld.open()
  const folder = world.stack.use(await temporaryFolder())
  const path = join(folder.path, 'models.json')
  const common = { provider: 'openai', baseUrl: 'http://127.0.0.1:9/v1', dimension: 32 }
  await writeFile(path, JSON.stringify(entries.map((one) => ({ ...common, ...one }))))
  const env = {
    OPENAI_BASE_URL: 'https://ours.openai.azure.com/openai/v1',
    EMBEDDING_MODEL: announced,
    EMBEDDING_MODELS: path,
    REEMBED_TOKENS_PER_MINUTE: '1',
  }
  return world.replica(env, {
    embedder: hashEmbedder(dimension, announced),
    moreEmbedders: [hashEmbedder(32, 'small')],
  })
}

async function modelEnds(replica: ServiceReplica) {
  const { status, json } = await replica.admin({ path: '/advice', authorization: await world.issuer.staff('sales') })
  expect(status).toBe(200)
  return json.modelEnds
}

async function put(replica: ServiceReplica, id: string, documents: number): Promise<void> {
  const authorization = await world.onboard(replica, id)
  for (let n = 0; n < documents; n += 1) {
    const path = `/documents/doc-${n}`
    expect((await replica.public({ method: 'PUT', path, authorization, body: { text: `text ${n}` } })).status).toBe(201)
  }
}

test('a model whose end is announced is told, with its tenants and the price and time of leaving it', async () => {
  const replica = await replicaWith([{ name: 'small', price: 2_000_000 }])
  await put(replica, 'acme', 2)
  await put(replica, 'globex', 1)
  // A hundred tokens of text a record, beside the vector.
  await world.home.sql`
    insert into tenant_requests (tenant_id, day, requests, written_records, written_bytes)
    values ('acme', '2026-01-01', 1, 2, ${2 * (4 * dimension + 400)})`
  const [end, ...others] = await modelEnds(replica)
  expect(others).toEqual([])
  expect(end).toMatchObject({
    model: announced,
    endsOn: '2027-04-15',
    source: expect.stringContaining('MicrosoftDocs/azure-ai-docs'),
    asOf: expect.stringMatching(/^2\d{3}-\d\d-\d\d$/),
    to: 'small',
    tenants: 2,
    records: 3,
    tokens: 300,
    price: 600,
    hours: 5,
  })
  expect(end.words).toMatch(
    /^text-embedding-3-small end(s|ed) on 2027-04-15: 2 tenants, 3 records, about \$600, 5 h at your limits\. small stays longer\.$/,
  )
})

test.each([
  ['2020-02-03', 'ended', announced, `${announced} stays longer.`],
  ['2999-01-01', 'ends', null, 'No other configured model stays longer: add one to EMBEDDING_MODELS.'],
])('the operator’s own day %s counts, and a model that nobody has is not told', async (ends, verb, to, target) => {
  const replica = await replicaWith([{ name: 'small', ends, default: true }])
  await put(replica, 'acme', 1)
  const found = await modelEnds(replica)
  expect(found).toMatchObject([
    { model: 'small', endsOn: ends, source: 'EMBEDDING_MODELS', to, tenants: 1, records: 1, price: null },
  ])
  expect(found[0].words).toContain(`small ${verb} on ${ends}: 1 tenant, 1 records`)
  expect(found[0].words).toContain(target)
})
