import { describe, expect, test } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { call, makeIndex, query, startServer, upsert } from './harness.ts'

const sparse = { _sparse_values: { type: 'sparse_vector' } }
const spec = { serverless: { cloud: 'aws', region: 'us-east-1' } }

describe('the control plane', () => {
  test('answers the create forms of each version in the words of the version asked for', async () => {
    const { url } = await startServer()
    const classic = { name: 'classic', dimension: 2, metric: 'cosine', spec }
    const older = await call(`${url}/indexes`, 'POST', classic, { version: '2025-10' })
    expectStatus(older, 201)
    expect(older.body).toMatchObject({ dimension: 2, metric: 'cosine', vector_type: 'dense', spec })
    expect(older.body.schema).toBeUndefined()
    const schema = { fields: { _values: { type: 'dense_vector', dimension: 2, metric: 'cosine' } } }
    const deployment = { deployment_type: 'managed', cloud: 'aws', region: 'us-east-1' }
    const newer = await call(`${url}/indexes`, 'POST', { name: 'newer', schema, deployment }, { version: '2026-07' })
    expectStatus(newer, 201)
    expect(newer.body).toMatchObject({ schema, deployment, read_capacity: { mode: 'OnDemand' }, tags: null })
    expect(newer.body.spec).toBeUndefined()
    const both = await call(`${url}/indexes/newer`, 'GET', undefined, { version: '2026-04' })
    expect(both.body).toMatchObject({ dimension: 2, spec, schema, deployment })
  })

  test('without a version header takes 2025-10, and refuses one it does not know', async () => {
    const { url } = await startServer()
    await makeIndex({ url })
    const unsaid = await call(`${url}/indexes/docs`, 'GET', undefined, { version: null })
    expect(unsaid.body.spec.serverless.read_capacity).toMatchObject({ mode: 'OnDemand' })
    expect(unsaid.body.schema).toBeUndefined()
    const unknown = await call(`${url}/indexes`, 'GET', undefined, { version: '2019-01' })
    expect(unknown).toMatchObject({ status: 400, body: { error: { code: 'INVALID_ARGUMENT' }, status: 400 } })
  })

  test('refuses a missing or empty API key', async () => {
    const { url } = await startServer()
    const host = await makeIndex({ url })
    for (const apiKey of [null, '']) {
      expect(await call(`${url}/indexes`, 'GET', undefined, { apiKey })).toMatchObject({
        status: 401,
        body: { error: { code: 'UNAUTHENTICATED', message: 'Invalid API key.' }, status: 401 },
      })
      expect(await call(`${host}/query`, 'POST', {}, { apiKey })).toMatchObject({ status: 401, text: 'Unauthorized' })
    }
  })

  test.each([
    ['an upper-case name', { name: 'Docs' }],
    ['a name that ends with a hyphen', { name: 'docs-' }],
    ['a name of 46 characters', { name: 'a'.repeat(46) }],
    ['no dimension', { dimension: undefined }],
    ['dimension 0', { dimension: 0 }],
    ['dimension 20001', { dimension: 20_001 }],
    ['a dimension that is not whole', { dimension: 1.5 }],
    ['an unknown metric', { metric: 'manhattan' }],
    ['a sparse index with a dimension', { vector_type: 'sparse', metric: 'dotproduct' }],
    ['a sparse index with cosine', { vector_type: 'sparse', dimension: undefined }],
    ['an unknown vector type', { vector_type: 'fuzzy' }],
    ['a tag key with a space', { tags: { 'a b': 'c' } }],
    ['an unknown deletion protection', { deletion_protection: 'maybe' }],
  ])('refuses %s with 400', async (_, change) => {
    const { url } = await startServer()
    const body = { name: 'docs', dimension: 2, metric: 'cosine', spec, ...change }
    expect(await call(`${url}/indexes`, 'POST', body)).toMatchObject({
      status: 400,
      body: { error: { code: 'INVALID_ARGUMENT' }, status: 400 },
    })
    expect((await call(`${url}/indexes`, 'GET')).body.indexes).toEqual([])
  })

  test('refuses a name that is taken, an index past the limit, and an index that is not there', async () => {
    const { url } = await startServer({ indexLimit: 2 })
    await makeIndex({ url }, { name: 'one' })
    await makeIndex({ url }, { name: 'two' })
    const body = { name: 'two', dimension: 2, spec }
    expect(await call(`${url}/indexes`, 'POST', body)).toMatchObject({
      status: 409,
      body: { error: { code: 'ALREADY_EXISTS', message: 'Resource already exists.' }, status: 409 },
    })
    const full = await call(`${url}/indexes`, 'POST', { ...body, name: 'three' })
    expect(full).toMatchObject({ status: 403, body: { error: { code: 'FORBIDDEN' }, status: 403 } })
    expect(full.body.error.message).toContain("You've reached the max serverless indexes allowed in project")
    expect(await call(`${url}/indexes/none`, 'GET')).toMatchObject({
      status: 404,
      body: { error: { code: 'NOT_FOUND' } },
    })
  })

  test('holds the index limit when creations race', async () => {
    const { url } = await startServer({ indexLimit: 3 })
    const create = (i: number) => call(`${url}/indexes`, 'POST', { name: `i${i}`, dimension: 2, spec })
    const replies = await Promise.all(Array.from({ length: 10 }, (_, i) => create(i)))
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(3)
    expect(replies.filter(({ status }) => status === 403)).toHaveLength(7)
  })

  test('makes a new index ready only after its start-up time', async () => {
    const server = await startServer({ indexReadyMs: 60_000 })
    const host = await makeIndex(server)
    const described = await call(`${server.url}/indexes/docs`, 'GET')
    expect(described.body.status).toEqual({ ready: false, state: 'Initializing' })
    expectStatus(await query(host, { vector: [1, 0] }), 503)
    server.setFaults({ indexReadyMs: 0 })
    await makeIndex(server, { name: 'quick' })
    expect((await call(`${server.url}/indexes/quick`, 'GET')).body.status).toEqual({ ready: true, state: 'Ready' })
  })

  test('answers 404 at the host of a deleted index, and gives a new one of its name an empty place', async () => {
    const server = await startServer()
    const before = await makeIndex(server)
    await upsert(before, [{ id: 'x', values: [1, 0] }])
    expectStatus(await call(`${server.url}/indexes/docs`, 'DELETE'), 202)
    expect(await query(before, { vector: [1, 0] })).toMatchObject({ status: 404, body: { code: 5, details: [] } })
    const after = await makeIndex(server)
    expect(after).not.toBe(before)
    expect((await query(after, { vector: [1, 0] })).body.matches).toEqual([])
    expectStatus(await query(before, { vector: [1, 0] }), 404)
  })

  test.each<[string, string, object]>([
    ['document indexes', '2026-07', { schema: { fields: { title: { type: 'string', full_text_search: {} } } } }],
    ['document indexes', '2026-04', { dimension: 2, spec, schema: { fields: { body: { type: 'string' } } } }],
    ['document indexes', '2026-07', { schema: { fields: { v: { type: 'dense_vector', dimension: 2 } } } }],
    ['pod indexes', '2025-10', { dimension: 2, spec: { pod: {} } }],
    ['your own cloud', '2025-10', { dimension: 2, spec: { byoc: {} } }],
    ['collections', '2025-04', { dimension: 2, spec: { serverless: { ...spec.serverless, source_collection: 'c' } } }],
    ['collections', '2026-07', { dimension: 2, spec, source_collection: 'c' }],
    ['backups', '2026-07', { dimension: 2, spec, source_backup_id: 'b' }],
    ['encryption keys', '2026-07', { dimension: 2, spec, cmek_id: 'k' }],
    ['integrated embedding', '2025-04', { spec, embed: { model: 'm', field_map: { text: 't' } } }],
    [
      'Dedicated read capacity',
      '2025-10',
      {
        dimension: 2,
        spec: { serverless: { ...spec.serverless, read_capacity: { mode: 'Dedicated', dedicated: {} } } },
      },
    ],
    ['Dedicated read capacity', '2026-07', { schema: { fields: sparse }, read_capacity: { mode: 'Dedicated' } }],
    [
      'deployments other than managed',
      '2026-07',
      { schema: { fields: sparse }, deployment: { deployment_type: 'pod' } },
    ],
  ])('refuses to create with %s (%s) by its name, and makes nothing', async (what, version, body) => {
    const { url } = await startServer()
    const reply = await call(`${url}/indexes`, 'POST', { name: 'other', ...body }, { version })
    expect(reply).toMatchObject({ status: 400, body: { error: { code: 'INVALID_ARGUMENT' } } })
    expect(reply.body.error.message).toContain(`pinecone-local does not offer ${what}`)
    expect((await call(`${url}/indexes`, 'GET')).body.indexes).toEqual([])
  })

  test('refuses a region that the vendor does not have in its words', async () => {
    const { url } = await startServer()
    for (const [cloud, region] of [
      ['aws', 'us-west1'],
      ['gcp', 'us-east-1'],
      ['ibm', 'us-east-1'],
      ['constructor', 'us-east-1'],
    ]) {
      const body = { name: 'far', dimension: 2, spec: { serverless: { cloud, region } } }
      const message = `Resource cloud: ${cloud} region: ${region} not found.`
      expect(await call(`${url}/indexes`, 'POST', body)).toMatchObject({
        status: 404,
        body: { error: { code: 'NOT_FOUND', message } },
      })
    }
  })

  test('keeps which metadata is to be indexed', async () => {
    const { url } = await startServer()
    const schema = { fields: { genre: { filterable: true } } }
    const body = { name: 'some', dimension: 2, spec: { serverless: { ...spec.serverless, schema } } }
    const made = await call(`${url}/indexes`, 'POST', body, { version: '2026-04' })
    expect(made).toMatchObject({ status: 201, body: { spec: { serverless: { schema } } } })
    const wrong = { ...body, spec: { serverless: { ...spec.serverless, schema: { fields: { a: {} } } } } }
    expectStatus(await call(`${url}/indexes`, 'POST', wrong), 400)
  })

  test('names what it does not offer with a status of which the SDK shows the words', async () => {
    const { url } = await startServer()
    const host = await makeIndex({ url })
    const dedicated = { spec: { serverless: { read_capacity: { mode: 'Dedicated' } } } }
    const replies = [
      [await call(`${url}/indexes/create-for-model`, 'POST', {}), 'integrated embedding'],
      [await call(`${url}/indexes/docs`, 'PATCH', dedicated), 'Dedicated read capacity'],
      [await call(`${url}/indexes/docs`, 'PATCH', { embed: {} }), "changing an index's embed"],
      [await call(`${url}/backups`, 'GET'), 'backups'],
      [await call(`${url}/embed`, 'POST', {}), 'inference'],
    ] as const
    for (const [reply, what] of replies) {
      expectStatus(reply, 400)
      expect(reply.body.error).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(what) })
    }
    const documentsReply = await call(`${host}/namespaces/a/documents/search`, 'POST', {})
    expect(documentsReply).toMatchObject({ status: 400, body: { code: 3 } })
    expect(documentsReply.body.message).toContain('documents')
    expectStatus(await call(`${host}/nowhere`, 'GET'), 404)
    expectStatus(await call(`${host}/query`, 'GET'), 405)
  })
})
