import type { Pinecone } from '@pinecone-database/pinecone'
import { describe, expect, test } from 'vitest'
import { sdk, startServer } from './harness.ts'

const serverless = { serverless: { cloud: 'aws', region: 'us-east-1' } } as const

async function indexWithRecords(pinecone: Pinecone, name: string) {
  await pinecone.indexes.create({ name, dimension: 3, metric: 'cosine', spec: serverless, waitUntilReady: true })
  const index = pinecone.index({ name, namespace: 'tenant' })
  await index.upsert({
    records: [
      { id: 'doc#1', values: [0.1, 0.2, 0.3], metadata: { genre: 'drama', year: 2020, tags: ['a', 'b'] } },
      { id: 'doc#2', values: [1, 0, 0], metadata: { genre: 'comedy', year: 2021 } },
      { id: 'other', values: [0, 1, 0] },
    ],
  })
  return index
}

describe('the official SDK', () => {
  test('creates, describes, lists, configures and deletes an index', async () => {
    const pinecone = sdk(await startServer())
    await pinecone.indexes.create({
      name: 'one',
      dimension: 8,
      metric: 'dotproduct',
      spec: serverless,
      tags: { a: '1' },
    })
    const described = await pinecone.indexes.describe('one')
    expect(described).toMatchObject({
      name: 'one',
      status: { ready: true, state: 'Ready' },
      deployment: { deploymentType: 'managed', cloud: 'aws', region: 'us-east-1' },
      tags: { a: '1' },
      deletionProtection: 'disabled',
    })
    expect([described.dimension, described.metric, described.vectorType]).toEqual([8, 'dotproduct', 'dense'])
    expect((await pinecone.indexes.list()).indexes?.map(({ name }) => name)).toEqual(['one'])

    await pinecone.indexes.configure('one', { deletionProtection: 'enabled', tags: { a: '', b: '2' } })
    expect((await pinecone.indexes.describe('one')).tags).toEqual({ b: '2' })
    await expect(pinecone.indexes.delete('one')).rejects.toThrow('Deletion protection is enabled for this index')
    await pinecone.indexes.configure('one', { deletionProtection: 'disabled' })
    await pinecone.indexes.delete('one')
    await expect(pinecone.indexes.describe('one')).rejects.toMatchObject({ name: 'PineconeNotFoundError' })
  })

  test('creates an index from a schema, dense or sparse', async () => {
    const pinecone = sdk(await startServer())
    await pinecone.indexes.create({
      name: 'dense',
      schema: { fields: { _values: { type: 'dense_vector', dimension: 4, metric: 'euclidean' } } },
      deployment: { deploymentType: 'managed', cloud: 'gcp', region: 'us-central1' },
    })
    await pinecone.indexes.create({ name: 'sparse', vectorType: 'sparse', spec: serverless })
    const dense = await pinecone.indexes.describe('dense')
    expect([dense.dimension, dense.metric]).toEqual([4, 'euclidean'])
    expect((await pinecone.indexes.describe('sparse')).vectorType).toBe('sparse')
  })

  test('upserts, queries by vector and by id, and fetches float32 values', async () => {
    const index = await indexWithRecords(sdk(await startServer()), 'records')
    const byVector = await index.query({ vector: [1, 0, 0], topK: 2, includeMetadata: true })
    expect(byVector.matches.map(({ id }) => id)).toEqual(['doc#2', 'doc#1'])
    expect(byVector.matches[0]).toMatchObject({ score: 1, values: [], metadata: { genre: 'comedy', year: 2021 } })
    const byId = await index.query({ id: 'other', topK: 1, includeValues: true })
    expect(byId.matches[0]).toMatchObject({ id: 'other', values: [0, 1, 0] })
    expect(byId.usage).toEqual({ readUnits: 1 })
    const { records } = await index.fetch({ ids: ['doc#1', 'missing'] })
    expect(Object.keys(records)).toEqual(['doc#1'])
    expect(records['doc#1']).toEqual({
      id: 'doc#1',
      values: [0.1, 0.2, 0.3],
      metadata: { genre: 'drama', year: 2020, tags: ['a', 'b'] },
    })
  })

  test('lists ids by prefix in pages', async () => {
    const index = await indexWithRecords(sdk(await startServer()), 'listed')
    const first = await index.listPaginated({ prefix: 'doc#', limit: 1 })
    expect(first.vectors).toEqual([{ id: 'doc#1' }])
    const second = await index.listPaginated({
      prefix: 'doc#',
      limit: 1,
      paginationToken: first.pagination?.next ?? '',
    })
    expect(second.vectors).toEqual([{ id: 'doc#2' }])
    expect(second.pagination).toBeUndefined()
  })

  test('updates by id and by filter, and fetches by metadata', async () => {
    const index = await indexWithRecords(sdk(await startServer()), 'updated')
    await index.update({ id: 'doc#1', values: [3, 2, 1], metadata: { year: 1999 } })
    await index.update({ filter: { genre: 'comedy' }, metadata: { seen: true } })
    const { records } = await index.fetchByMetadata({ filter: { $or: [{ year: 1999 }, { seen: true }] } })
    expect(Object.keys(records)).toEqual(['doc#1', 'doc#2'])
    expect(records['doc#1']).toMatchObject({ values: [3, 2, 1], metadata: { genre: 'drama', year: 1999 } })
    expect(records['doc#2']?.metadata).toEqual({ genre: 'comedy', year: 2021, seen: true })
  })

  test('deletes by id, by filter and all, and counts what is left', async () => {
    const index = await indexWithRecords(sdk(await startServer()), 'deleted')
    const count = async () => (await index.describeIndexStats()).totalRecordCount
    await index.deleteOne({ id: 'other' })
    expect(await count()).toBe(2)
    await index.deleteMany({ filter: { genre: 'drama' } })
    expect(await count()).toBe(1)
    await index.deleteMany({ ids: ['doc#1', 'missing'] })
    expect(await count()).toBe(1)
    await index.deleteAll()
    expect(await index.describeIndexStats()).toMatchObject({
      totalRecordCount: 0,
      namespaces: { tenant: { recordCount: 0 } },
    })
    expect((await index.query({ vector: [1, 0, 0], topK: 3 })).matches).toEqual([])
  })

  test('creates, lists, describes and deletes namespaces', async () => {
    const index = await indexWithRecords(sdk(await startServer()), 'namespaced')
    expect(await index.createNamespace({ name: 'team-b' })).toMatchObject({ name: 'team-b', recordCount: '0' })
    await index.createNamespace({ name: 'team-a', schema: { fields: { year: { filterable: true } } } })
    const listed = await index.listNamespaces({ prefix: 'team-' })
    expect(listed.totalCount).toBe(2)
    expect(listed.namespaces?.map(({ name }) => name)).toEqual(['team-a', 'team-b'])
    expect(listed.namespaces?.[0]?.indexedFields).toEqual({ fields: ['year'] })
    expect(await index.describeNamespace('tenant')).toMatchObject({ name: 'tenant', recordCount: '3' })
    await index.deleteNamespace('tenant')
    await expect(index.describeNamespace('tenant')).rejects.toMatchObject({ name: 'PineconeNotFoundError' })
    await expect(index.createNamespace({ name: 'team-a' })).rejects.toMatchObject({ name: 'PineconeConflictError' })
  })

  test('shows by name what is not offered', async () => {
    const pinecone = sdk(await startServer())
    const index = await indexWithRecords(pinecone, 'more')
    const says = (what: string) => ({
      name: 'PineconeBadRequestError',
      message: expect.stringContaining(`pinecone-local does not offer ${what}`),
    })
    await expect(index.startImport({ uri: 's3://bucket/path' })).rejects.toMatchObject(says('imports'))
    await expect(pinecone.backups.list()).rejects.toMatchObject(says('backups'))
    await expect(pinecone.collections.list()).rejects.toMatchObject(says('collections'))
  })
})
