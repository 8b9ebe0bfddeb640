import assert from 'node:assert/strict'
import { Embeddings } from '@langchain/core/embeddings'
import { PineconeStore } from '@langchain/pinecone'
import { Pinecone } from '@pinecone-database/pinecone'

/** Texts about lamps, bells and ropes, as vectors that anyone can check. */
class Topics extends Embeddings {
  async embedDocuments(texts) {
    return texts.map((text) => ['lamp', 'bell', 'rope'].map((word) => (text.includes(word) ? 0.8 : 0.1)))
  }
  async embedQuery(text) {
    return (await this.embedDocuments([text]))[0]
  }
}

const isDoor = process.env.DOOR === '1'
const apiKey = process.env.PINECONE_API_KEY
const pinecone = new Pinecone({ apiKey, controllerHostUrl: process.env.PINECONE_CONTROLLER_HOST })
const spec = { serverless: { cloud: 'aws', region: 'us-east-1' } }
// Through the door of tenant-router the index is there, and stays.
if (!isDoor)
  await pinecone.createIndex({ name: 'langchain', dimension: 3, metric: 'cosine', spec, waitUntilReady: true })
const pineconeIndex = pinecone.Index('langchain')
const store = await PineconeStore.fromExistingIndex(new Topics({}), { pineconeIndex, namespace: 'tenant' })

const documents = [
  { pageContent: 'the lamp is red', metadata: { kind: 'thing', place: { room: 'hall' }, tags: ['a', 'b'] } },
  { pageContent: 'the bell is blue', metadata: { kind: 'sound', nothing: null, empty: {} } },
  { pageContent: 'the rope is long', metadata: { kind: 'thing', length: 12.5 } },
]
assert.deepEqual(await store.addDocuments(documents, { ids: ['1', '2', '3'] }), ['1', '2', '3'])

const [lamp] = await store.similaritySearch('lamp', 1)
assert.equal(lamp.pageContent, 'the lamp is red')
assert.deepEqual(lamp.metadata, { kind: 'thing', 'place.room': 'hall', tags: ['a', 'b'] })
const scored = await store.similaritySearchWithScore('bell', 2)
assert.equal(scored[0][0].id, '2')
assert.ok(Math.abs(scored[0][1] - 1) < 1e-6)
assert.ok(scored[1][1] < scored[0][1])
const things = await store.similaritySearch('bell', 3, { kind: 'thing' })
assert.deepEqual(things.map(({ id }) => id).sort(), ['1', '3'])
const diverse = await store.maxMarginalRelevanceSearch('lamp', { k: 2, fetchK: 3 })
assert.equal(diverse[0].pageContent, 'the lamp is red')
const retriever = store.asRetriever({ k: 1, filter: { length: { $gte: 12 } } })
assert.equal((await retriever.invoke('rope'))[0].pageContent, 'the rope is long')

await store.delete({ ids: ['1'] })
await store.delete({ filter: { kind: 'sound' } })
assert.deepEqual(
  (await store.similaritySearch('lamp', 5)).map(({ id }) => id),
  ['3'],
)
await store.delete({ deleteAll: true })
assert.deepEqual(await store.similaritySearch('lamp', 5), [])

const texts = await PineconeStore.fromTexts(['a lamp', 'a bell'], [{ n: 1 }, { n: 2 }], new Topics({}), {
  pineconeIndex,
  maxConcurrency: 1,
  onFailedAttempt: (error) => {
    throw error
  },
})
assert.equal((await texts.similaritySearch('bell', 1))[0].metadata.n, 2)
if (!isDoor) await pinecone.deleteIndex('langchain')
