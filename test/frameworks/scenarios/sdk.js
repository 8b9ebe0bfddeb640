import assert from 'node:assert/strict'

/** One life of an index, by the official SDK of the given major version. */
const major = Number(process.argv[2])
const { Pinecone } = await import(`sdk-${major}`)

const pinecone = new Pinecone({ apiKey: 'any', controllerHostUrl: process.env.PINECONE_CONTROLLER_HOST })
const serverless = { cloud: 'aws', region: 'us-east-1' }
/** Whether most calls take one object, as since version 7; before, lists and names are separate arguments. */
const byObject = major >= 7
const configure = (name, change) =>
  byObject ? pinecone.configureIndex({ name, ...change }) : pinecone.configureIndex(name, change)

await pinecone.createIndex({
  name: 'life',
  dimension: 3,
  metric: 'dotproduct',
  spec: { serverless },
  waitUntilReady: true,
  suppressConflicts: true,
  ...(major >= 5 ? { tags: { team: 'a' } } : {}),
})
const described = await pinecone.describeIndex('life')
assert.equal(described.name, 'life')
assert.equal(described.status.ready, true)
assert.equal(described.dimension, 3)
assert.equal(described.metric, 'dotproduct')
if (major >= 5) {
  assert.equal(described.vectorType, 'dense')
  assert.deepEqual(described.tags, { team: 'a' })
}
if (major < 9)
  assert.deepEqual([described.spec.serverless.cloud, described.spec.serverless.region], ['aws', 'us-east-1'])
assert.deepEqual(
  (await pinecone.listIndexes()).indexes.map(({ name }) => name),
  ['life'],
)
await configure('life', { deletionProtection: 'enabled' })
await assert.rejects(pinecone.deleteIndex('life'), /Deletion protection is enabled/)
await configure('life', { deletionProtection: 'disabled' })

const index = pinecone.index('life').namespace('tenant')
const upsert = (records) => index.upsert(byObject ? { records } : records)
const fetch = (ids) => index.fetch(byObject ? { ids } : ids)
await upsert([
  { id: 'doc#1', values: [0.4, 0.3, 0.1], metadata: { genre: 'drama', year: 2020, tags: ['a', 'b'] } },
  { id: 'doc#2', values: [1, 0, 0], metadata: { genre: 'comedy' }, sparseValues: { indices: [3], values: [0.7] } },
  { id: 'other', values: [0, 1, 0], metadata: { genre: 'news', fresh: true } },
])
const found = await index.query({ vector: [1, 0, 0], topK: 2, includeMetadata: true, includeValues: true })
assert.deepEqual(
  found.matches.map(({ id, score }) => [id, score]),
  [
    ['doc#2', 1],
    ['doc#1', 0.4],
  ],
)
assert.deepEqual(found.matches[1].values, [0.4, 0.3, 0.1])
assert.deepEqual(found.matches[1].metadata, { genre: 'drama', year: 2020, tags: ['a', 'b'] })
const hybrid = { vector: [0, 0, 1], sparseVector: { indices: [3], values: [1] }, topK: 1 }
assert.equal((await index.query(hybrid)).matches[0].id, 'doc#2')
const filter = { $and: [{ genre: { $in: ['drama', 'news'] } }, { tags: { $in: ['b'] } }] }
assert.deepEqual(
  (await index.query({ vector: [1, 1, 1], topK: 3, filter })).matches.map(({ id }) => id),
  ['doc#1'],
)
assert.equal((await index.query({ id: 'other', topK: 1 })).matches[0].id, 'other')

const page = await index.listPaginated({ prefix: 'doc#', limit: 1 })
assert.deepEqual(
  page.vectors.map(({ id }) => id),
  ['doc#1'],
)
const next = await index.listPaginated({ prefix: 'doc#', limit: 1, paginationToken: page.pagination.next })
assert.deepEqual(
  next.vectors.map(({ id }) => id),
  ['doc#2'],
)

await index.update({ id: 'doc#1', values: [3, 2, 1], metadata: { year: 1999 } })
const { records } = await fetch(['doc#1', 'missing'])
assert.deepEqual(Object.keys(records), ['doc#1'])
assert.deepEqual(records['doc#1'].values, [3, 2, 1])
assert.deepEqual(records['doc#1'].metadata, { genre: 'drama', year: 1999, tags: ['a', 'b'] })
const stats = await index.describeIndexStats()
assert.equal(stats.totalRecordCount, 3)
assert.equal(stats.namespaces.tenant.recordCount, 3)
assert.equal(stats.dimension, 3)

if (major >= 7) {
  await index.update({ filter: { genre: 'comedy' }, metadata: { seen: true } })
  const seen = await index.fetchByMetadata({ filter: { seen: { $eq: true } } })
  assert.deepEqual(Object.keys(seen.records), ['doc#2'])
  const made = await index.createNamespace({ name: 'made', schema: { fields: { year: { filterable: true } } } })
  assert.equal(made.name, 'made')
}
if (major >= 6) {
  const { namespaces } = await index.listNamespaces()
  assert.ok(namespaces.some(({ name }) => name === 'tenant'))
  assert.equal(Number((await index.describeNamespace('tenant')).recordCount), 3)
}

await index.deleteOne(byObject ? { id: 'other' } : 'other')
await index.deleteMany(byObject ? { ids: ['doc#1'] } : ['doc#1'])
await index.deleteMany(byObject ? { filter: { genre: 'comedy' } } : { genre: 'comedy' })
assert.equal((await index.describeIndexStats()).totalRecordCount, 0)
await index.deleteAll()
if (major >= 6) await index.deleteNamespace('tenant')

await assert.rejects(upsert([{ id: 'x', values: [1, 2] }]), /dimension 2 does not match the dimension of the index 3/)
await assert.rejects(upsert([{ id: 'x', values: [1, 2, 3], metadata: { a: null } }]), /got 'null' for field 'a'/)
await assert.rejects(pinecone.listCollections(), /pinecone-local does not offer collections/)
await assert.rejects(pinecone.describeIndex('none'), { name: 'PineconeNotFoundError' })
const far = { name: 'far', dimension: 3, metric: 'cosine', spec: { serverless: { ...serverless, region: 'us-west1' } } }
await assert.rejects(pinecone.createIndex(far), { name: 'PineconeNotFoundError' })
if (major >= 5) {
  await pinecone.createIndex({ name: 'words', vectorType: 'sparse', metric: 'dotproduct', spec: { serverless } })
  const words = pinecone.index('words')
  const one = [{ id: 'w', sparseValues: { indices: [1, 9], values: [0.5, 0.25] } }]
  await words.upsert(byObject ? { records: one } : one)
  const sparse = await words.query({ sparseVector: { indices: [9], values: [2] }, topK: 1 })
  assert.deepEqual([sparse.matches[0].id, sparse.matches[0].score], ['w', 0.5])
  await pinecone.deleteIndex('words')
}
await pinecone.deleteIndex('life')
assert.deepEqual((await pinecone.listIndexes()).indexes, [])
