import { describe, expect, test, vi } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { call, makeIndex, query, queryIds, type Reply, startServer, tempDir, upsert } from './harness.ts'

const x = { id: 'x', values: [1, 0] }
const requestLsn = (reply: Reply) => Number(reply.headers.get('x-pinecone-request-lsn'))
const indexedLsn = (reply: Reply) => Number(reply.headers.get('x-pinecone-max-indexed-lsn'))

describe('sequence numbers', () => {
  test('rise with each write to a namespace, and with no write to another', async () => {
    const host = await makeIndex(await startServer())
    const writes = [
      await upsert(host, [x]),
      await call(`${host}/vectors/update`, 'POST', { namespace: 'a', id: 'x', setMetadata: { a: 1 } }),
      await call(`${host}/vectors/delete`, 'POST', { namespace: 'a', ids: ['nothing'] }),
      await call(`${host}/vectors/delete`, 'POST', { namespace: 'a', deleteAll: true }),
    ]
    expect(writes.map(requestLsn)).toEqual([1, 2, 3, 4])
    expect(requestLsn(await upsert(host, [x], 'b'))).toBe(1)
    expect(indexedLsn(await query(host, { vector: [1, 0] }))).toBe(4)
    expect(indexedLsn(await call(`${host}/vectors/fetch?namespace=b&ids=x`, 'GET'))).toBe(1)
    expect(indexedLsn(await call(`${host}/vectors/list?namespace=b`, 'GET'))).toBe(1)
    expect(writes.every(({ headers }) => headers.get('x-pinecone-request-id') !== null)).toBe(true)
  })

  test('are left out when the switch says so', async () => {
    const server = await startServer({ lsnHeaders: false })
    const host = await makeIndex(server)
    expect((await upsert(host, [x])).headers.has('x-pinecone-request-lsn')).toBe(false)
    expect((await query(host, { vector: [1, 0] })).headers.has('x-pinecone-max-indexed-lsn')).toBe(false)
    server.setFaults({ lsnHeaders: true, rules: [{ fault: 'noLsnHeaders', on: 'query' }] })
    expect((await upsert(host, [x])).headers.has('x-pinecone-request-lsn')).toBe(true)
    expect((await query(host, { vector: [1, 0] })).headers.has('x-pinecone-max-indexed-lsn')).toBe(false)
  })
})

describe('with a visibility lag', () => {
  test('an answered write is seen by no read until its time, and the indexed number says so', async () => {
    const server = await startServer()
    const host = await makeIndex(server)
    await upsert(host, [x])
    server.setFaults({ lagMs: 60_000 })
    const y = { id: 'y', values: [1, 0.1] }
    expect(requestLsn(await upsert(host, [y]))).toBe(2)
    await call(`${host}/vectors/delete`, 'POST', { namespace: 'a', ids: ['x'] })
    const seen = await query(host, { vector: [1, 0] })
    expect(seen.body.matches.map(({ id }: { id: string }) => id)).toEqual(['x'])
    expect(indexedLsn(seen)).toBe(1)
    expect((await call(`${host}/vectors/fetch?namespace=a&ids=y`, 'GET')).body.vectors).toEqual({})
    expect((await call(`${host}/vectors/list?namespace=a`, 'GET')).body.vectors).toEqual([{ id: 'x' }])
    expect((await call(`${host}/namespaces/a`, 'GET')).body.record_count).toBe(1)
    expect((await call(`${host}/describe_index_stats`, 'POST', {})).body.totalVectorCount).toBe(1)
  })

  test('writes become visible in their order', async () => {
    const server = await startServer({ lagMs: 150 })
    const host = await makeIndex(server)
    await upsert(host, [x, { id: 'y', values: [1, 1] }])
    await call(`${host}/vectors/update`, 'POST', { namespace: 'a', id: 'x', setMetadata: { step: 1 } })
    server.setFaults({ lagMs: 0 })
    const last = await call(`${host}/vectors/update`, 'POST', { namespace: 'a', id: 'x', setMetadata: { step: 2 } })
    await call(`${host}/vectors/delete`, 'POST', { namespace: 'a', filter: { step: 1 } })
    await vi.waitUntil(async () => indexedLsn(await query(host, { vector: [1, 0] })) > requestLsn(last), {
      timeout: 60_000,
    })
    const fetched = await call(`${host}/vectors/fetch?namespace=a&ids=x`, 'GET')
    expect(fetched.body.vectors.x.metadata).toEqual({ step: 2 })
  })

  test('a namespace made by an upsert is there for writes and not yet for reads', async () => {
    const server = await startServer({ lagMs: 60_000 })
    const host = await makeIndex(server)
    await upsert(host, [x])
    expectStatus(await call(`${host}/namespaces/a`, 'GET'), 404)
    expect((await call(`${host}/namespaces`, 'GET')).body).toMatchObject({ namespaces: [], total_count: 0 })
    expectStatus(await call(`${host}/namespaces`, 'POST', { name: 'a' }), 409)
    expectStatus(await call(`${host}/vectors/delete`, 'POST', { namespace: 'a', ids: ['x'] }), 200)
    expectStatus(await call(`${host}/namespaces/a`, 'DELETE'), 200)
    expectStatus(await call(`${host}/vectors/delete`, 'POST', { namespace: 'a', ids: ['x'] }), 404)
  })

  test('it can be of one index or of namespaces with a prefix', async () => {
    const server = await startServer({ rules: [{ fault: 'lag', ms: 60_000, index: 'docs', namespacePrefix: 'slow-' }] })
    const host = await makeIndex(server)
    await upsert(host, [x], 'slow-a')
    await upsert(host, [x], 'a')
    expect(await queryIds(host, { vector: [1, 0] }, 'slow-a')).toEqual([])
    expect(await queryIds(host, { vector: [1, 0] }, 'a')).toEqual(['x'])
  })

  test('what was held back survives a restart and is visible then', async () => {
    const dataDir = tempDir()
    const before = await startServer({ lagMs: 60_000 }, dataDir)
    await makeIndex(before)
    const path = new URL((await call(`${before.url}/indexes/docs`, 'GET')).body.host).pathname
    await upsert(before.url + path, [x, { id: 'y', values: [1, 0.1] }])
    await call(`${before.url}${path}/vectors/delete`, 'POST', { namespace: 'a', ids: ['x'] })
    await before.close()
    const after = await startServer({}, dataDir)
    const reply = await query(after.url + path, { vector: [1, 0] })
    expect(reply.body.matches.map(({ id }: { id: string }) => id)).toEqual(['y'])
    expect(indexedLsn(reply)).toBe(2)
  })
})
