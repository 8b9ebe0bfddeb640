import { describe, expect, test } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { call, makeIndex, query, startServer, upsert } from './harness.ts'

const record = { id: 'x', values: [1, 0] }

describe('an upsert', () => {
  test.each<[string, unknown[], string]>([
    ['no records', [], 'at least one vector'],
    ['1001 records', Array.from({ length: 1_001 }, (_, i) => ({ ...record, id: `${i}` })), 'exceeds the limit of 1000'],
    ['no id', [{ values: [1, 0] }], 'needs an id'],
    ['an empty id', [{ ...record, id: '' }], 'must not be empty'],
    ['an id of 513 characters', [{ ...record, id: 'a'.repeat(513) }], 'too long'],
    ['an id beyond ASCII', [{ ...record, id: 'é' }], 'must be ASCII'],
    [
      'another dimension',
      [{ id: 'x', values: [1, 2, 3] }],
      'Vector dimension 3 does not match the dimension of the index 2',
    ],
    ['no values', [{ id: 'x' }], 'Vector dimension 0 does not match the dimension of the index 2'],
    ['only zeros', [{ id: 'x', values: [0, 1e-9] }], 'Dense vectors must contain at least one non-zero value'],
    ['text among values', [{ id: 'x', values: [1, '2'] }], 'expected a number'],
    ['a value past float32', [{ id: 'x', values: [1, 1e39] }], 'does not fit a 32-bit float'],
    [
      'nested metadata',
      [{ ...record, metadata: { price: { usd: 10 } } }],
      `Metadata value must be a string, number, boolean or list of strings, got '{"usd":10}' for field 'price'`,
    ],
    ['a list of numbers', [{ ...record, metadata: { list: [1, 2] } }], 'list of strings'],
    ['a key with $', [{ ...record, metadata: { $a: 1 } }], "cannot start with '$'"],
    [
      '41 KB of metadata',
      [{ ...record, metadata: { a: 'x'.repeat(41_000) } }],
      'exceeds the limit of 40960 bytes per vector',
    ],
    ['unpaired sparse values', [{ ...record, sparseValues: { indices: [1, 2], values: [1] } }], 'size mismatch'],
    ['a sparse index twice', [{ ...record, sparseValues: { indices: [1, 1], values: [1, 1] } }], 'must be unique'],
    ['a negative sparse index', [{ ...record, sparseValues: { indices: [-1], values: [1] } }], 'unsigned 32-bit'],
    [
      '2049 sparse values',
      [
        {
          ...record,
          sparseValues: { indices: Array.from({ length: 2_049 }, (_, i) => i), values: Array(2_049).fill(1) },
        },
      ],
      'at most 2048',
    ],
    [
      'more than 2 MB',
      Array.from({ length: 60 }, (_, i) => ({ ...record, id: `${i}`, metadata: { a: 'x'.repeat(40_000) } })),
      'Request size 3MB exceeds the maximum supported size of 2MB',
    ],
  ])('with %s is refused as a whole', async (_, vectors, message) => {
    const host = await makeIndex(await startServer())
    const good = { id: 'good', values: [1, 1] }
    const reply = await upsert(host, vectors.length === 0 || vectors.length > 1_000 ? vectors : [good, ...vectors])
    expect(reply).toMatchObject({ status: 400, body: { code: 3, details: [] } })
    expect(reply.body.message).toContain(message)
    expect((await call(`${host}/describe_index_stats`, 'POST', {})).body.namespaces).toEqual({})
  })

  test('with null in its metadata is refused in the words of the vendor, and so is an update', async () => {
    const host = await makeIndex(await startServer())
    await upsert(host, [{ ...record, metadata: { a: 1 } }])
    const message = "Metadata value must be a string, number, boolean or list of strings, got 'null' for field 'b'"
    const refused = { status: 400, body: { code: 3, message, details: [] } }
    expect(await upsert(host, [{ ...record, metadata: { a: 2, b: null } }])).toMatchObject(refused)
    const change = { namespace: 'a', id: 'x', setMetadata: { b: null } }
    expect(await call(`${host}/vectors/update`, 'POST', change)).toMatchObject(refused)
    const fetched = await call(`${host}/vectors/fetch?ids=x&namespace=a`, 'GET')
    expect(fetched.body.vectors.x.metadata).toEqual({ a: 1 })
  })

  test('keeps the last record of an id given twice', async () => {
    const host = await makeIndex(await startServer())
    await upsert(host, [
      { ...record, metadata: { a: 1 } },
      { ...record, values: [0, 1], metadata: { c: true, d: [] } },
    ])
    const fetched = await call(`${host}/vectors/fetch?ids=x&namespace=a`, 'GET')
    expect(fetched.body.vectors).toEqual({ x: { id: 'x', values: [0, 1], metadata: { c: true, d: [] } } })
  })

  test('into an index with all the namespaces it may have is refused, and so is creating one', async () => {
    const server = await startServer({ namespaceLimit: 2, namespaceLimits: { small: 1 } })
    const host = await makeIndex(server)
    const small = await makeIndex(server, { name: 'small' })
    await upsert(host, [record], 'a')
    expectStatus(await call(`${host}/namespaces`, 'POST', { name: 'b' }), 200)
    await upsert(small, [record], 'a')
    const message = "You've reached the max namespaces allowed in serverless index"
    for (const reply of [
      await upsert(host, [record], 'c'),
      await call(`${host}/namespaces`, 'POST', { name: 'c' }),
      await upsert(small, [record], 'b'),
    ]) {
      expect(reply).toMatchObject({ status: 403, body: { code: 7, details: [] } })
      expect(reply.body.message).toContain(message)
    }
    expectStatus(await upsert(host, [record], 'a'), 200)
    await call(`${host}/namespaces/b`, 'DELETE')
    expectStatus(await upsert(host, [record], 'c'), 200)
  })
})

describe('a request', () => {
  test.each<[string, string, string, unknown]>([
    ['topK 0', 'POST', '/query', { vector: [1, 0], topK: 0 }],
    ['topK 10001', 'POST', '/query', { vector: [1, 0], topK: 10_001 }],
    ['no vector', 'POST', '/query', { topK: 1 }],
    ['both id and vector', 'POST', '/query', { topK: 1, id: 'x', vector: [1, 0] }],
    ['a query of another dimension', 'POST', '/query', { topK: 1, vector: [1] }],
    ['limit 101', 'GET', '/vectors/list?limit=101', undefined],
    ['a bad page token', 'GET', '/vectors/list?paginationToken=abc', undefined],
    ['no ids to fetch', 'GET', '/vectors/fetch', undefined],
    ['1001 ids to delete', 'POST', '/vectors/delete', { ids: Array.from({ length: 1_001 }, (_, i) => `${i}`) }],
    ['nothing to delete', 'POST', '/vectors/delete', {}],
    ['ids with deleteAll', 'POST', '/vectors/delete', { ids: ['x'], deleteAll: true }],
    ['an empty filter to delete by', 'POST', '/vectors/delete', { filter: {} }],
    ['an update of neither id nor filter', 'POST', '/vectors/update', { setMetadata: { a: 1 } }],
    [
      'an update of both id and filter',
      'POST',
      '/vectors/update',
      { id: 'x', filter: { a: 1 }, setMetadata: { a: 1 } },
    ],
    ['values by filter', 'POST', '/vectors/update', { filter: { a: 1 }, values: [1, 0] }],
    ['an empty filter to fetch by', 'POST', '/vectors/fetch_by_metadata', { filter: {} }],
    ['filtered stats', 'POST', '/describe_index_stats', { filter: { a: 1 } }],
    ['a namespace without a name', 'POST', '/namespaces', {}],
    ['the reserved namespace', 'POST', '/namespaces', { name: '__default__' }],
    ['a namespace beyond ASCII', 'POST', '/namespaces', { name: 'é' }],
    ['broken JSON', 'POST', '/query', '{"topK":'],
    ['a list for a body', 'POST', '/query', []],
  ])('with %s is refused', async (_, method, path, body) => {
    const host = await makeIndex(await startServer())
    await upsert(host, [record], '')
    const reply = await call(`${host}${path}`, method, body)
    expect(reply).toMatchObject({ status: 400, body: { code: 3, message: expect.any(String), details: [] } })
  })

  test('may fetch 1000 ids in its URL', async () => {
    const host = await makeIndex(await startServer())
    const ids = Array.from({ length: 1_000 }, (_, i) => `${'k'.repeat(100)}-${i}`)
    await upsert(
      host,
      ids.map((id) => ({ ...record, id })),
    )
    const params = new URLSearchParams({ namespace: 'a' })
    for (const id of ids) params.append('ids', id)
    const reply = await call(`${host}/vectors/fetch?${params}`, 'GET')
    expect(Object.keys(reply.body.vectors)).toHaveLength(1_000)
    expect(reply.body.usage).toEqual({ readUnits: 100 })
    params.append('ids', 'more')
    expectStatus(await call(`${host}/vectors/fetch?${params}`, 'GET'), 400)
  })

  test('whose answer would pass 4 MB is refused', async () => {
    const host = await makeIndex(await startServer())
    for (let page = 0; page < 3; page++) {
      const metadata = { text: 'x'.repeat(39_000) }
      await upsert(
        host,
        Array.from({ length: 50 }, (_, i) => ({ ...record, id: `${page}-${i}`, metadata })),
      )
    }
    expect(await query(host, { vector: [1, 0], topK: 150, includeMetadata: true })).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('4MB') },
    })
    expect((await query(host, { vector: [1, 0], topK: 150 })).body.matches).toHaveLength(150)
  })
})
