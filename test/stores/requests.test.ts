import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ScriptedServer, type SeenRequest, scriptedServer } from './scripted-server.ts'
import { apiKey, scriptedStore } from './scripted-store.ts'

let server: ScriptedServer
beforeAll(async () => {
  server = await scriptedServer()
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => server.script({}))

const query = { vector: [1, 0], topK: 1 }

describe('many calls at once', () => {
  test('are all under way together, and the next ones use their connections', async () => {
    await using own = await scriptedServer()
    const { tenant } = scriptedStore(own.url, { timeouts: { readMs: 20_000 } })
    for (const _round of [1, 2, 3]) {
      const all = Promise.withResolvers<void>()
      own.script({ after: all.promise })
      const answers = Array.from({ length: 64 }, () => tenant.query(query))
      await own.reached(64)
      all.resolve()
      await Promise.all(answers)
    }
    expect(own.connections()).toBe(64)
  })
})

describe('what is sent', () => {
  test('names the one namespace, carries the key, and is JSON', async () => {
    const { tenant } = scriptedStore(server.url)
    await tenant.query({ ...query, filter: {}, includeMetadata: true })
    const [request] = server.seen
    expect(request?.headers).toMatchObject({ 'api-key': apiKey, 'content-type': 'application/json' })
    expect(JSON.parse(request?.body ?? '')).toEqual({
      namespace: 'tenant_acme_g1',
      topK: 1,
      vector: [1, 0],
      includeMetadata: true,
    })
  })

  test('of an upsert keeps to 1,000 records and 2 MB as the vendor counts', async () => {
    const { tenant } = scriptedStore(server.url, { timeouts: { writeMs: 20_000 } })
    const values = Array.from({ length: 1_536 }, () => 0.123456789)
    const text = 'x'.repeat(1_989)
    await tenant.upsert(Array.from({ length: 600 }, (_, at) => ({ id: `${at}`, values, metadata: { text } })))
    const sizes = server.seen.map(({ body }) => JSON.parse(body).vectors.length)
    expect(sizes.reduce((sum, size) => sum + size)).toBe(600)
    // The vendor's own table says 245 for this dimension and metadata.
    expect(Math.max(...sizes)).toBeGreaterThan(235)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(245)
    server.script({})
    await tenant.upsert(Array.from({ length: 2_001 }, (_, at) => ({ id: `${at}`, values: [1] })))
    expect(server.seen.map(({ body }) => JSON.parse(body).vectors.length).toSorted((a, b) => a - b)).toEqual([
      1, 1_000, 1_000,
    ])
  })

  test('of two records with one id is the last alone, as batches may overtake each other', async () => {
    const { tenant } = scriptedStore(server.url)
    const between = Array.from({ length: 1_500 }, (_, at) => ({ id: `${at}`, values: [1] }))
    await tenant.upsert([{ id: 'twice', values: [1] }, ...between, { id: 'twice', values: [2] }])
    const sent = server.seen.flatMap(({ body }) => JSON.parse(body).vectors)
    expect(sent).toHaveLength(1_501)
    expect(sent.filter(({ id }) => id === 'twice')).toEqual([{ id: 'twice', values: [2] }])
  })

  test('of a fetch keeps URLs under 8 KB, with the longest ids too', async () => {
    server.script((request) => ({ body: { vectors: vectorsOf(idsOf(request)) } }))
    const { tenant } = scriptedStore(server.url, { timeouts: { readMs: 20_000 } })
    const short = Array.from({ length: 1_500 }, (_, at) => `doc-${at}#1`)
    const long = Array.from({ length: 12 }, (_, at) => `${at}${'%'.repeat(510)}`)
    const { records } = await tenant.fetch([...short, ...long, ...short])
    expect(records.size).toBe(1_512)
    expect(Math.max(...server.seen.map(({ url }) => url.length))).toBeLessThan(8_000)
    expect(Math.max(...server.seen.map((request) => idsOf(request).length))).toBeGreaterThan(300)
  })

  test('of a delete keeps to 1,000 ids', async () => {
    await scriptedStore(server.url).tenant.deleteIds(Array.from({ length: 2_500 }, (_, at) => `${at}`))
    const sizes = server.seen.map(({ body }) => JSON.parse(body).ids.length)
    expect(sizes.toSorted((a, b) => a - b)).toEqual([500, 1_000, 1_000])
  })

  test('of a page asks for 100 at most', async () => {
    const { tenant } = scriptedStore(server.url)
    await tenant.list({ limit: 5_000, prefix: 'a#', cursor: 'next page' })
    const { searchParams } = new URL(server.seen[0]?.url ?? '', server.url)
    expect(Object.fromEntries(searchParams)).toEqual({
      limit: '100',
      prefix: 'a#',
      paginationToken: 'next page',
      namespace: 'tenant_acme_g1',
    })
  })

  test('for a new index is serverless, with its tags, not protected from deletion', async () => {
    const model = {
      name: 'tr-pool-1',
      host: 'tr-pool-1.example',
      deletion_protection: 'disabled',
      status: { ready: false, state: 'Initializing' },
      deployment: { deployment_type: 'managed', cloud: 'aws', region: 'us-east-1' },
      schema: { fields: {} },
    }
    server.script({ status: 201, body: model })
    const { store } = scriptedStore(server.url)
    const spec = { name: 'tr-pool-1', dimension: 512, metric: 'cosine' as const, cloud: 'aws', region: 'us-east-1' }
    const made = await store.createIndex('default', { ...spec, tags: { owner: 'tenant-router' } })
    expect(made).toEqual({
      name: 'tr-pool-1',
      host: 'tr-pool-1.example',
      ready: false,
      dimension: 512,
      metric: 'cosine',
      tags: {},
      place: { cloud: 'aws', region: 'us-east-1' },
      takes: 'vectors',
    })
    expect(server.seen).toHaveLength(1)
    expect(JSON.parse(server.seen[0]?.body ?? '')).toMatchObject({
      name: 'tr-pool-1',
      tags: { owner: 'tenant-router' },
      deletion_protection: 'disabled',
      deployment: { deployment_type: 'managed', cloud: 'aws', region: 'us-east-1' },
    })
  })
})

describe('sequence numbers', () => {
  const lsn = (value: string) => ({ headers: { 'x-pinecone-request-lsn': value, 'x-pinecone-max-indexed-lsn': value } })
  const records = Array.from({ length: 2_001 }, (_, at) => ({ id: `${at}`, values: [1] }))

  test('that the store does not send, or sends as something else, prove nothing', async () => {
    const { tenant } = scriptedStore(server.url)
    expect(await tenant.deleteAll()).toEqual({})
    server.script(lsn('soon'))
    expect(await tenant.deleteAll()).toEqual({})
    expect(await tenant.query(query)).toEqual({ matches: [] })
  })

  test('of a write in batches are the highest, and of a read in batches the lowest', async () => {
    server.script(lsn('5'), lsn('9'), lsn('7'))
    const { tenant } = scriptedStore(server.url)
    expect(await tenant.upsert(records)).toEqual({ lsn: 9 })
    server.script(lsn('5'), lsn('9'), lsn('3'))
    expect(await tenant.fetch(records.map(({ id }) => `${id}${'x'.repeat(10)}`))).toMatchObject({ indexedLsn: 3 })
  })

  test('of which one batch has none are none', async () => {
    server.script(lsn('5'), {}, lsn('7'))
    expect(await scriptedStore(server.url).tenant.upsert(records)).toEqual({})
  })
})

function idsOf({ url }: SeenRequest): string[] {
  return new URL(url, 'http://localhost').searchParams.getAll('ids')
}

function vectorsOf(ids: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(ids.map((id) => [id, { id, values: [1] }]))
}
