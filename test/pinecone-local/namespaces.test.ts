import { describe, expect, test } from 'vitest'
import { call, makeIndex, query, startServer, upsert } from './harness.ts'

const record = { id: 'x', values: [1, 0] }

describe('a missing namespace', () => {
  test('reads as empty, and is not there for describe, delete, update and deletion of records', async () => {
    const host = await makeIndex(await startServer())
    expect((await query(host, { vector: [1, 0] })).body.matches).toEqual([])
    expect((await call(`${host}/vectors/fetch?ids=x&namespace=a`, 'GET')).body.vectors).toEqual({})
    expect((await call(`${host}/vectors/list?namespace=a`, 'GET')).body.vectors).toEqual([])
    const notThere = { status: 404, body: { code: 5, message: 'Namespace not found', details: [] } }
    expect(await call(`${host}/namespaces/a`, 'GET')).toMatchObject(notThere)
    expect(await call(`${host}/namespaces/a`, 'DELETE')).toMatchObject(notThere)
    for (const body of [{ ids: ['x'] }, { deleteAll: true }, { filter: { a: 1 } }]) {
      expect(await call(`${host}/vectors/delete`, 'POST', { ...body, namespace: 'a' })).toMatchObject(notThere)
    }
    const update = { namespace: 'a', id: 'x', setMetadata: { a: 1 } }
    expect(await call(`${host}/vectors/update`, 'POST', update)).toMatchObject(notThere)
    await upsert(host, [record])
    expect((await call(`${host}/namespaces/a`, 'GET')).body).toMatchObject({ name: 'a', record_count: 1 })
  })

  test('is not made by an update of a record that is missing', async () => {
    const host = await makeIndex(await startServer())
    await upsert(host, [record])
    expect(await call(`${host}/vectors/update`, 'POST', { namespace: 'a', id: 'y', values: [1, 1] })).toMatchObject({
      status: 200,
      body: {},
    })
    expect((await call(`${host}/vectors/list?namespace=a`, 'GET')).body.vectors).toEqual([{ id: 'x' }])
  })

  test('comes back empty after it was deleted', async () => {
    const host = await makeIndex(await startServer())
    await upsert(host, [record, { id: 'y', values: [1, 1] }])
    await call(`${host}/namespaces/a`, 'DELETE')
    expect((await query(host, { vector: [1, 0] })).body.matches).toEqual([])
    await upsert(host, [{ id: 'z', values: [1, 0] }])
    expect((await call(`${host}/vectors/list?namespace=a`, 'GET')).body.vectors).toEqual([{ id: 'z' }])
    expect((await call(`${host}/namespaces/a`, 'GET')).body.record_count).toBe(1)
  })
})
