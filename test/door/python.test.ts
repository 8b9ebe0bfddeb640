import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DoorWorld } from './door-world.ts'

let world: DoorWorld
let key: string

beforeAll(async () => {
  world = await DoorWorld.open({ INDEX_METRIC: 'dotproduct' })
  key = await world.key('acme')
})
afterAll(() => world[Symbol.asyncDispose]())

/** Sends the bytes that the Python client 8 sends: urllib3 with orjson, compact, and no body and type for reads. */
function send(method: string, path: string, body?: string): Promise<{ status: number; json: unknown }> {
  const headers = {
    'Accept-Encoding': 'identity',
    Accept: 'application/json',
    'User-Agent': 'python-client-8.0.0',
    'X-Pinecone-Api-Version': '2025-10',
    'Api-Key': key,
    ...(body !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
  }
  return new Promise((resolve, reject) => {
    const outgoing = request(world.url() + path, { method, headers }, (answer) => {
      text(answer).then((json) => resolve({ status: answer.statusCode ?? 0, json: JSON.parse(json) }), reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

const values = (first: number) => `[${[first, ...Array.from({ length: 63 }, () => 0.1)].join(',')}]`
const sparse = '{"indices":[1,7],"values":[0.5,0.25]}'
const asked = { usage: { readUnits: 1 }, namespace: 'acme' }

test('the requests of the Python client are answered with the fields that it reads', async () => {
  const good = `[{"id":"a b","values":${values(0.9)},"sparseValues":${sparse},"metadata":{"genre":"drama","year":2020}},{"id":"c&d","values":${values(0.1)}}]`
  expect(await send('POST', '/vectors/upsert', `{"vectors":${good},"namespace":"acme"}`)).toEqual({
    status: 200,
    json: { upsertedCount: 2 },
  })
  const query = `{"vector":${values(0.9)},"topK":2,"namespace":"acme","filter":{"genre":{"$eq":"drama"}},"includeValues":false,"includeMetadata":true,"sparseVector":${sparse}}`
  expect(await send('POST', '/query', query)).toEqual({
    status: 200,
    json: {
      ...asked,
      matches: [{ id: 'a b', score: expect.any(Number), values: [], metadata: { genre: 'drama', year: 2020 } }],
    },
  })
  expect(await send('GET', '/vectors/fetch?ids=a%20b&ids=c%26d&namespace=acme')).toEqual({
    status: 200,
    json: {
      ...asked,
      vectors: {
        'a b': expect.objectContaining({ sparseValues: { indices: [1, 7], values: [0.5, 0.25] } }),
        'c&d': { id: 'c&d', values: expect.any(Array) },
      },
    },
  })
  const first = await send('GET', '/vectors/list?limit=1&namespace=acme')
  const { pagination } = first.json as { pagination: { next: string } }
  expect(first.json).toEqual({ ...asked, vectors: [{ id: 'a b' }], pagination: { next: expect.any(String) } })
  const next = encodeURIComponent(pagination.next)
  expect((await send('GET', `/vectors/list?limit=1&namespace=acme&paginationToken=${next}`)).json).toMatchObject({
    vectors: [{ id: 'c&d' }],
  })
  expect((await send('POST', '/describe_index_stats', '{}')).json).toMatchObject({
    namespaces: { __default__: { vectorCount: 2 } },
    dimension: 64,
    indexFullness: 0,
    totalVectorCount: 2,
    metric: 'dotproduct',
    vectorType: 'dense',
  })
  expect(
    (await send('POST', '/vectors/update', '{"id":"a b","setMetadata":{"year":2021},"namespace":"acme"}')).json,
  ).toEqual({})
  const byFilter = '{"setMetadata":{"seen":true},"namespace":"acme","filter":{"year":2021},"dryRun":false}'
  expect((await send('POST', '/vectors/update', byFilter)).json).toEqual({ matchedRecords: 1 })
  const fetchBy = '{"namespace":"acme","filter":{"seen":true},"limit":10}'
  expect((await send('POST', '/vectors/fetch_by_metadata', fetchBy)).json).toMatchObject({ vectors: { 'a b': {} } })
  expect((await send('GET', '/namespaces/acme')).json).toMatchObject({ name: 'acme', record_count: 2 })
  expect((await send('GET', '/namespaces?limit=10')).json).toMatchObject({ namespaces: [{ name: '__default__' }] })
  expect((await send('POST', '/vectors/delete', '{"deleteAll":true,"namespace":"acme"}')).json).toEqual({})
  expect((await send('GET', '/indexes/mine')).json).toMatchObject({ host: world.url(), dimension: 64 })
})

test('a fault has the body from which the Python client makes its exception', async () => {
  const answer = await send('POST', '/query', '{"id":"a","topK":0}')
  expect(answer).toEqual({
    status: 400,
    json: { code: 3, message: expect.stringContaining('topK'), details: expect.any(Array) },
  })
})
