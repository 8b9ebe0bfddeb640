import assert from 'node:assert/strict'
import { TextNode } from '@llamaindex/core/schema'
import { VectorStoreQueryMode } from '@llamaindex/core/vector-store'
import { PineconeVectorStore } from '@llamaindex/pinecone'
import { Pinecone } from 'sdk-4'

const store = new PineconeVectorStore({
  indexName: 'llama',
  namespace: 'tenant',
  apiKey: process.env.PINECONE_API_KEY,
  chunkSize: 2,
  // Vectors are given; without a model the constructor asks for one.
  embeddingModel: {},
})
// The store takes no address; the client that it would make is given it instead, of the version that it brings.
store.db = new Pinecone({
  apiKey: process.env.PINECONE_API_KEY,
  controllerHostUrl: process.env.PINECONE_CONTROLLER_HOST,
})
const client = await store.client()
// Through the door of tenant-router the index is there, and stays.
const isDoor = process.env.DOOR === '1'
const spec = { serverless: { cloud: 'aws', region: 'us-east-1' } }
if (!isDoor)
  await client.createIndex({
    name: 'llama',
    dimension: 3,
    metric: 'cosine',
    spec,
    waitUntilReady: true,
  })

const node = (id, text, embedding, metadata) => {
  const made = new TextNode({ id_: id, text, embedding, metadata })
  made.relationships = { SOURCE: { nodeId: `doc-${id[0]}`, metadata: {} } }
  return made
}
await store.add([
  node('a1', 'the lamp is red', [0.9, 0.1, 0.1], { kind: 'thing', year: 2020 }),
  node('a2', 'the bell is blue', [0.1, 0.9, 0.1], { kind: 'sound', year: 2021 }),
  node('b1', 'the rope is long', [0.1, 0.1, 0.9], { kind: 'thing', year: 2022 }),
])

const ask = (filters) =>
  store.query({ queryEmbedding: [0.1, 0.9, 0.1], similarityTopK: 3, mode: VectorStoreQueryMode.DEFAULT, filters })
const all = await ask()
assert.equal(all.nodes.length, 3)
assert.ok(all.ids[0].endsWith('a2'))
assert.ok(Math.abs(all.similarities[0] - 1) < 1e-6)
assert.ok(all.nodes.some((found) => found.getText() === 'the bell is blue'))
const filters = {
  condition: 'and',
  filters: [
    { key: 'kind', value: 'thing', operator: '==' },
    { key: 'year', value: 2021, operator: '>' },
  ],
}
assert.deepEqual(
  (await ask(filters)).nodes.map((found) => found.getText()),
  ['the rope is long'],
)
const listed = { filters: [{ key: 'kind', value: ['sound', 'smell'], operator: 'in' }] }
assert.equal((await ask(listed)).ids.length, 1)

const prefixes = new Set(all.ids.map((id) => id.split('_chunk_')[0]))
for (const prefix of prefixes) await store.delete(prefix)
assert.equal((await ask()).nodes.length, 0)
await store.clearIndex()
if (!isDoor) await client.deleteIndex('llama')
