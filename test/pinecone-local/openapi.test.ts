import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { call, makeIndex, type Reply, startServer } from './harness.ts'

const ajv = new Ajv2020({ allErrors: true, strictTypes: false, allowUnionTypes: true })
for (const plane of ['control', 'data']) {
  const file = new URL(`../contracts/openapi/pinecone-${plane}.json`, import.meta.url)
  ajv.addSchema(JSON.parse(readFileSync(file, 'utf8')))
}

function expectBody(reply: Reply, status: number, plane: 'control' | 'data', name: string): void {
  expectStatus(reply, status)
  const validate = ajv.getSchema(`pinecone-${plane}#/$defs/${name}`)
  if (validate === undefined) throw new Error(`no schema ${name}`)
  validate(reply.body)
  expect(validate.errors ?? [], reply.text).toEqual([])
}

describe.each(['2024-07', '2024-10', '2025-01', '2025-04', '2025-10', '2026-04', '2026-07'])(
  'in version %s',
  (version) => {
    test('the control plane answers as its document says', async () => {
      const { url } = await startServer()
      const at = (method: string, path: string, body?: unknown) => call(url + path, method, body, { version })
      const place = { cloud: 'aws', region: 'us-east-1' }
      const field = { type: 'dense_vector', dimension: 3, metric: 'dotproduct' }
      const dense =
        version === '2026-07'
          ? { schema: { fields: { _values: field } }, deployment: { deployment_type: 'managed', ...place } }
          : { dimension: 3, metric: 'dotproduct', spec: { serverless: place } }
      const sparse =
        version === '2026-07'
          ? { schema: { fields: { _sparse_values: { type: 'sparse_vector' } } } }
          : { vector_type: 'sparse', metric: 'dotproduct', spec: { serverless: place } }
      const model = `index_${version}`
      expectBody(await at('POST', '/indexes', { name: 'dense', tags: { a: 'b' }, ...dense }), 201, 'control', model)
      expectBody(await at('POST', '/indexes', { name: 'sparse', ...sparse }), 201, 'control', model)
      expectBody(await at('GET', '/indexes'), 200, 'control', `indexes_${version}`)
      expectBody(await at('GET', '/indexes/dense'), 200, 'control', model)
      expectBody(await at('PATCH', '/indexes/dense', { deletion_protection: 'enabled' }), 202, 'control', model)
      expectBody(await at('DELETE', '/indexes/dense'), 403, 'control', 'errorResponse')
      expectBody(await at('GET', '/indexes/none'), 404, 'control', 'errorResponse')
      expectBody(await at('POST', '/indexes', { name: 'dense', ...dense }), 409, 'control', 'errorResponse')
      expectBody(await at('POST', '/indexes', { ...dense }), 422, 'control', 'errorResponse')
      expectBody(await at('POST', '/indexes', '{'), 400, 'control', 'errorResponse')
      expect(await at('DELETE', '/indexes/sparse')).toMatchObject({ status: 202, text: '' })
    })

    test('the data plane answers as its document says', async () => {
      const host = await makeIndex(await startServer(), { metric: 'dotproduct' })
      const at = (method: string, path: string, body?: unknown) => call(host + path, method, body, { version })
      const namespace = 'a'
      const sparseValues = { indices: [1], values: [0.5] }
      const metadata = { s: 'x', n: 1.5, b: true, l: ['p', 'q'] }
      const vectors = Array.from({ length: 3 }, (_, i) => ({ id: `r${i}`, values: [1, i], sparseValues, metadata }))
      expectBody(await at('POST', '/vectors/upsert', { namespace, vectors }), 200, 'data', 'upsert')
      for (const more of [{}, { includeValues: true, includeMetadata: true }, { filter: { s: 'x' } }]) {
        const body = { namespace, vector: [1, 0], topK: 2, ...more }
        expectBody(await at('POST', '/query', body), 200, 'data', 'query')
      }
      expectBody(await at('GET', '/vectors/fetch?namespace=a&ids=r0&ids=r1'), 200, 'data', 'fetch')
      const byMetadata = { namespace, filter: { b: true }, limit: 2 }
      expectBody(await at('POST', '/vectors/fetch_by_metadata', byMetadata), 200, 'data', 'fetchByMetadata')
      expectBody(await at('GET', '/vectors/list?namespace=a&limit=2'), 200, 'data', 'list')
      expectBody(await at('POST', '/vectors/update', { namespace, id: 'r0', values: [2, 2] }), 200, 'data', 'update')
      const byFilter = { namespace, filter: { s: 'x' }, setMetadata: { s: 'y' } }
      for (const dryRun of [true, false]) {
        const reply = await at('POST', '/vectors/update', { ...byFilter, dryRun })
        expectBody(reply, 200, 'data', 'update')
        expect(reply.body.matchedRecords).toBe(3)
      }
      expectBody(await at('POST', '/describe_index_stats', {}), 200, 'data', `stats_${version}`)
      const schema = { fields: { s: { filterable: true } } }
      expectBody(await at('POST', '/namespaces', { name: 'b', schema }), 200, 'data', `namespace_${version}`)
      expectBody(await at('GET', '/namespaces?limit=1'), 200, 'data', `namespaces_${version}`)
      expectBody(await at('GET', '/namespaces/a'), 200, 'data', `namespace_${version}`)
      expectBody(await at('POST', '/vectors/delete', { namespace, ids: ['r0'] }), 200, 'data', 'delete')
      expectBody(await at('DELETE', '/namespaces/b'), 200, 'data', 'delete')
      expectBody(await at('GET', '/namespaces/b'), 404, 'data', 'rpcStatus')
      expectBody(await at('POST', '/namespaces', { name: 'a' }), 409, 'data', 'rpcStatus')
      expectBody(await at('POST', '/query', { namespace, vector: [1] }), 400, 'data', 'rpcStatus')
      expectBody(await at('POST', '/bulk/imports', {}), 400, 'data', 'rpcStatus')
    })
  },
)
