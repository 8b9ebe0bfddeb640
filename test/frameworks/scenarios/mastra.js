import assert from 'node:assert/strict'
import { PineconeVector } from '@mastra/pinecone'

const isDoor = process.env.DOOR === '1'
const store = new PineconeVector({
  id: 'local',
  apiKey: process.env.PINECONE_API_KEY,
  controllerHostUrl: process.env.PINECONE_CONTROLLER_HOST,
})
const indexName = 'mastra'
await store.createIndex({ indexName, dimension: 3, metric: 'dotproduct' })
// The same again is no error, another dimension is.
await store.createIndex({ indexName, dimension: 3, metric: 'dotproduct' })
await assert.rejects(store.createIndex({ indexName, dimension: 4, metric: 'dotproduct' }))
assert.deepEqual(await store.listIndexes(), [indexName])

const ids = await store.upsert({
  indexName,
  namespace: 'tenant',
  ids: ['a', 'b', 'c'],
  vectors: [
    [0.9, 0.1, 0.1],
    [0.1, 0.9, 0.1],
    [0.1, 0.1, 0.9],
  ],
  sparseVectors: [
    { indices: [1], values: [0.5] },
    { indices: [2], values: [0.5] },
    { indices: [3], values: [0.5] },
  ],
  metadata: [{ text: 'lamp', price: 10, tags: ['x', 'y'] }, { text: 'bell', price: 20, tags: ['y'] }, { text: 'rope' }],
})
assert.deepEqual(ids, ['a', 'b', 'c'])
const ask = (more) => store.query({ indexName, namespace: 'tenant', queryVector: [0, 1, 0], topK: 3, ...more })
const all = await ask({ includeVector: true })
assert.deepEqual([all.length, all[0].id, all[0].score, all[0].vector], [3, 'b', 0.9, [0.1, 0.9, 0.1]])
const found = async (filter) => (await ask({ filter })).map(({ id }) => id).sort()
assert.deepEqual(await found({ price: { $gte: 10, $lt: 20 } }), ['a'])
assert.deepEqual(await found({ tags: { $in: ['x'] } }), ['a'])
assert.deepEqual(await found({ tags: { $all: ['x', 'y'] } }), ['a'])
assert.deepEqual(await found({ $or: [{ text: 'rope' }, { price: 20 }] }), ['b', 'c'])
assert.deepEqual(await found({ price: { $exists: false } }), ['c'])
assert.equal((await ask({ sparseVector: { indices: [3], values: [4] } }))[0].id, 'c')

assert.deepEqual(await store.describeIndex({ indexName }), {
  dimension: 3,
  count: 3,
  metric: 'dotproduct',
  namespaces: { tenant: { recordCount: 3 } },
})
await store.updateVector({ indexName, namespace: 'tenant', id: 'a', update: { metadata: { price: 99 } } })
await store.updateVector({
  indexName,
  namespace: 'tenant',
  filter: { text: 'bell' },
  update: { metadata: { seen: true } },
})
assert.deepEqual(await found({ price: 99 }), ['a'])
assert.deepEqual(await found({ seen: true }), ['b'])
await store.deleteVector({ indexName, namespace: 'tenant', id: 'a' })
await store.deleteVectors({ indexName, namespace: 'tenant', filter: { text: 'bell' } })
await store.deleteVectors({ indexName, namespace: 'tenant', ids: ['c'] })
assert.deepEqual(await ask({}), [])
// Through the door of tenant-router the index stays.
if (isDoor) await assert.rejects(store.deleteIndex({ indexName }))
else await store.deleteIndex({ indexName })
