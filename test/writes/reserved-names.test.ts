import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { TwoReplicas } from '../support/two-replicas.ts'

let world: TwoReplicas
beforeAll(async () => {
  world = await TwoReplicas.open()
})
afterAll(() => world[Symbol.asyncDispose]())

const values = bagOfWords('apple')
const text = 'apple'

/** Every place where a caller names a record, a document or a key of metadata. */
const naming: readonly (readonly [string, (name: string) => object, string])[] = [
  ['POST /vectors/upsert', (id) => ({ vectors: [{ id, values }] }), 'vectors[0].id'],
  [
    'POST /vectors/upsert',
    (key) => ({ vectors: [{ id: 'a', values, metadata: { [key]: 1 } }] }),
    'vectors[0].metadata.*',
  ],
  ['POST /vectors/update', (id) => ({ id, values }), 'id'],
  ['POST /vectors/update', (key) => ({ id: 'a', setMetadata: { [key]: 1 } }), 'setMetadata.*'],
  ['POST /vectors/fetch', (id) => ({ ids: [id] }), 'ids[0]'],
  ['POST /vectors/delete', (id) => ({ ids: [id] }), 'ids[0]'],
  ['POST /vectors/delete', (key) => ({ filter: { [key]: 1 } }), 'filter.*'],
  ['POST /retrieve', (key) => ({ query: text, filter: { $or: [{ [key]: 1 }] } }), 'filter.$or[0].*'],
  ['POST /answer', (key) => ({ question: text, filter: { [key]: 1 } }), 'filter.*'],
  ['PUT /documents/*', () => ({ text }), 'documentId'],
  ['PUT /documents/a', (key) => ({ text, metadata: { [key]: 1 } }), 'metadata.*'],
  ['POST /documents', (documentId) => ({ documentId, text }), 'documentId'],
  ['POST /documents', (key) => ({ text, metadata: { [key]: 1 } }), 'metadata.*'],
]
const names = ['_tr', '_tr_probe', '_tr_start', '_trip']

test.each(naming.flatMap(([request, body, path]) => names.map((name) => [request, name, body, path] as const)))(
  '%s can not name %s',
  async (request, name, body, path) => {
    const [method = '', at = ''] = request.split(' ')
    const answer = await world.ask('a', at.replace('*', name), body(name), { method })
    expectStatus(answer, 400)
    expect(answer.json.faults.map((fault: { path: string }) => fault.path)).toEqual([path.replace('*', name)])
  },
)

test('nor can a batch of uploads, a condition of Dify or a search over MCP', async () => {
  const batch = {
    documents: [
      { documentId: '_tr_probe', text },
      { text, metadata: { _tr: 1 } },
    ],
  }
  const { json } = await world.ask('a', '/documents/batch', batch)
  expect([json.accepted, json.refused]).toEqual([0, 2])
  const dify = {
    knowledge_id: 'acme',
    query: text,
    retrieval_setting: { top_k: 5, score_threshold: 0 },
    metadata_condition: { conditions: [{ name: ['_tr'], comparison_operator: 'is', value: '1' }] },
  }
  expectStatus(await world.ask('a', '/retrieval', dify), 400)
  const search = {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'search', arguments: { query: text, filter: { _tr: 1 } } },
  }
  expect((await world.ask('a', '/mcp', search)).text).toContain('reserved')
})

test('what begins otherwise is a name like any other', async () => {
  await world.upsert('a', 'tr_probe', { tr: 1, _t: 2 })
  expect(await world.settled('b', ['tr_probe'])).toEqual({ tr_probe: { tr: 1, _t: 2 } })
})
