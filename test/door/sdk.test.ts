import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { bagOfWords } from '../support/hash-embedder.ts'
import { DoorWorld } from './door-world.ts'

vi.setConfig({ testTimeout: 60_000 })

let world: DoorWorld
let acme: string
let globex: string

beforeAll(async () => {
  world = await DoorWorld.open()
  acme = await world.key('acme')
  globex = await world.key('globex')
})
afterAll(() => world[Symbol.asyncDispose]())

const record = (id: string, words: string, metadata: Record<string, string | number | string[]> = {}) => ({
  id,
  values: bagOfWords(words),
  metadata: { text: words, ...metadata },
})

test('an app finds its index by name and is given this router as its host', async () => {
  const client = world.client(acme)
  const described = await client.describeIndex('whatever-it-was-called')
  expect(described).toMatchObject({ name: 'whatever-it-was-called', host: world.url(), status: { ready: true } })
  const { indexes } = await client.listIndexes()
  expect(indexes?.map(({ name, host }) => [name, host])).toEqual([['acme', world.url()]])
  const index = client.index({ name: 'whatever-it-was-called' })
  await index.upsert({ records: [record('hosted', 'a boat')] })
  expect((await index.fetch({ ids: ['hosted'] })).records.hosted?.metadata).toEqual({ text: 'a boat' })
  await index.deleteOne({ id: 'hosted' })
})

test('creating an index that is there already is the vendor’s conflict; changing and deleting one is refused', async () => {
  const client = world.client(acme)
  const spec = { serverless: { cloud: 'aws' as const, region: 'us-east-1' } }
  await expect(client.createIndex({ name: 'mine', dimension: 64, spec })).rejects.toMatchObject({
    name: 'PineconeConflictError',
  })
  await expect(client.deleteIndex('mine')).rejects.toThrow('Deletion protection is enabled')
})

test('what one tenant’s app writes, it alone finds, on every replica, with its metadata whole', async () => {
  for (const [key, word] of [
    [acme, 'heron'],
    [globex, 'otter'],
  ] as const) {
    const written = world.index(key, 0)
    await written.upsert({ records: [record('one', `the ${word}`, { kind: 'bird' }), record('two', 'plain', {})] })
  }
  for (const replica of [0, 1]) {
    for (const [key, word] of [
      [acme, 'heron'],
      [globex, 'otter'],
    ] as const) {
      const index = world.index(key, replica)
      const { matches, namespace } = await index.query({
        vector: bagOfWords(`the ${word}`),
        topK: 10,
        includeMetadata: true,
        includeValues: true,
        filter: { kind: 'bird' },
      })
      expect([matches.map(({ id }) => id), namespace]).toEqual([['one'], '__default__'])
      expect(matches[0]).toMatchObject({ metadata: { text: `the ${word}`, kind: 'bird' } })
      const values = Float32Array.from(matches[0]?.values ?? [])
      expect(values).toEqual(Float32Array.from(bagOfWords(`the ${word}`)))
      const byId = await index.query({ id: 'one', topK: 1 })
      expect(byId.matches.map(({ id }) => id)).toEqual(['one'])
      expect((await index.query({ id: 'nobody', topK: 1 })).matches).toEqual([])
      const { records } = await index.fetch({ ids: ['one', 'absent'] })
      expect(Object.keys(records)).toEqual(['one'])
    }
  }
})

test('records are listed in pages, described, changed and deleted', async () => {
  const key = await world.key('globex')
  const index = world.index(key)
  await index.deleteAll()
  const records = Array.from({ length: 7 }, (_, at) => record(`doc-${at}`, `page ${at}`, { parity: at % 2 }))
  await index.upsert({ records: [...records, record('else', 'else')] })
  const first = await index.listPaginated({ prefix: 'doc-', limit: 4 })
  expect(first.vectors?.map(({ id }) => id)).toEqual(['doc-0', 'doc-1', 'doc-2', 'doc-3'])
  const next = first.pagination?.next ?? ''
  expect(Buffer.from(next, 'base64url').toString('latin1')).not.toMatch(/doc|tenant|globex/)
  const second = await index.listPaginated({ prefix: 'doc-', limit: 4, paginationToken: next })
  expect(second.vectors?.map(({ id }) => id)).toEqual(['doc-4', 'doc-5', 'doc-6'])
  expect(second.pagination?.next).toBeUndefined()

  const stats = await index.describeIndexStats()
  expect(stats).toMatchObject({ namespaces: { __default__: { recordCount: 8 } }, totalRecordCount: 8, dimension: 64 })
  const { namespaces } = await index.listNamespaces()
  expect(namespaces?.map(({ name, recordCount }) => [name, Number(recordCount)])).toEqual([['__default__', 8]])
  expect(await index.describeNamespace('globex')).toMatchObject({ name: 'globex' })

  await index.update({ id: 'doc-0', metadata: { parity: 7 } })
  await index.update({ id: 'absent', metadata: { parity: 7 } })
  await index.update({ filter: { parity: 1 }, metadata: { odd: 'yes' } })
  const found = await index.fetchByMetadata({ filter: { odd: 'yes' } })
  expect(Object.keys(found.records)).toEqual(['doc-1', 'doc-3', 'doc-5'])
  const page = await index.fetchByMetadata({ filter: { odd: 'yes' }, limit: 2 })
  const last = await index.fetchByMetadata({
    filter: { odd: 'yes' },
    limit: 2,
    paginationToken: page.pagination?.next ?? '',
  })
  expect([Object.keys(page.records), Object.keys(last.records)]).toEqual([['doc-1', 'doc-3'], ['doc-5']])
  await index.deleteMany({ filter: { odd: 'yes' } })
  await index.deleteMany({ ids: ['doc-0', 'absent'] })
  expect((await index.listPaginated()).vectors?.map(({ id }) => id)).toEqual(['doc-2', 'doc-4', 'doc-6', 'else'])
  await index.deleteAll()
  expect((await index.describeIndexStats()).totalRecordCount).toBe(0)
})

test('an own namespace is answered as it was asked, and any other is refused, reads and writes alike', async () => {
  for (const namespace of ['', '__default__', 'acme']) {
    const index = world.index(acme, 0, namespace)
    await index.upsert({ records: [record('named', 'a name')] })
    // The client itself says `__default__` for none.
    const asked = namespace === '' ? '__default__' : namespace
    expect((await index.query({ id: 'named', topK: 1 })).namespace).toBe(asked)
    expect((await index.fetch({ ids: ['named'] })).namespace).toBe(asked)
  }
  for (const namespace of ['globex', 'tenant_acme_g1', 'prod', ' acme']) {
    const index = world.index(acme, 1, namespace)
    const calls = {
      query: () => index.query({ id: 'named', topK: 1 }),
      fetch: () => index.fetch({ ids: ['named'] }),
      list: () => index.listPaginated(),
      fetchByMetadata: () => index.fetchByMetadata({ filter: { a: 1 } }),
      upsert: () => index.upsert({ records: [record('x', 'x')] }),
      update: () => index.update({ id: 'named', metadata: { a: 1 } }),
      delete: () => index.deleteAll(),
      describe: () => index.describeNamespace(namespace),
    }
    for (const [name, call] of Object.entries(calls)) {
      await expect(call(), `${name} ${namespace}`).rejects.toThrow('not this tenant’s own')
    }
  }
  expect(Object.keys((await world.index(acme).fetch({ ids: ['named'] })).records)).toEqual(['named'])
})

test('a key sees and changes what its groups see', async () => {
  const board = world.index(await world.key('acme', { groups: ['board'] }))
  const nobody = world.index(await world.key('acme', { groups: [] }))
  await world.index(acme).upsert({
    records: [record('secret', 'minutes', { visibility: ['board'] }), record('open', 'minutes', { kind: 'minutes' })],
  })
  const idsOf = async (index: typeof board) => {
    const { matches } = await index.query({ vector: bagOfWords('minutes'), topK: 100 })
    const { vectors } = await index.listPaginated()
    const fetched = await index.fetch({ ids: ['secret', 'open'] })
    const byId = await index.query({ id: 'secret', topK: 1, filter: { text: 'minutes' } })
    const has = (ids: readonly (string | undefined)[]) => ids.includes('secret')
    return [
      has(matches.map(({ id }) => id)),
      has(vectors?.map(({ id }) => id) ?? []),
      has(Object.keys(fetched.records)),
      byId.matches.length > 0,
    ]
  }
  expect(await idsOf(board)).toEqual([true, true, true, true])
  expect(await idsOf(nobody)).toEqual([false, false, false, false])
  const [all, some] = [await board.describeIndexStats(), await nobody.describeIndexStats()]
  expect((all.totalRecordCount ?? 0) - (some.totalRecordCount ?? 0)).toBe(1)
  await nobody.update({ filter: { text: 'minutes' }, metadata: { seen: 'yes' } })
  await nobody.deleteMany({ ids: ['secret'] })
  const { records } = await board.fetch({ ids: ['secret', 'open'] })
  expect([records.secret?.metadata, records.open?.metadata?.seen]).toEqual([
    { text: 'minutes', visibility: ['board'] },
    'yes',
  ])
  await expect(nobody.upsert({ records: [record('secret', 'mine')] })).rejects.toMatchObject({
    name: 'PineconeConflictError',
  })
})

test('a token in `additionalHeaders` authenticates alone beside the key', async () => {
  const { Pinecone } = await import('@pinecone-database/pinecone')
  const authorization = await world.service.issuer.tenant('globex')
  const client = new Pinecone({
    apiKey: acme,
    controllerHostUrl: world.url(),
    additionalHeaders: { Authorization: authorization },
  })
  expect((await client.listIndexes()).indexes?.map(({ name }) => name)).toEqual(['globex'])
  await expect(world.client('nonsense').listIndexes()).rejects.toMatchObject({ name: 'PineconeAuthorizationError' })
})

test('chunks of documents are read by this door and never written', async () => {
  const [replica] = world.replicas
  const authorization = await world.service.issuer.tenant('acme')
  const put = { method: 'PUT', path: '/documents/manual', authorization, body: { text: 'Oil the chain.' } }
  expect((await replica?.public(put))?.status).toBe(201)
  const index = world.index(acme)
  expect((await index.fetch({ ids: ['manual#0'] })).records['manual#0']?.metadata).toMatchObject({
    text: 'Oil the chain.',
    documentId: 'manual',
  })
  const chunk = (await index.fetch({ ids: ['manual#0'] })).records['manual#0']
  expect(Object.keys(chunk?.metadata ?? {}).filter((name) => name.startsWith('_tr'))).toEqual([])
  await expect(index.upsert({ records: [record('manual#0', 'mine')] })).rejects.toThrow('#')
  await expect(index.deleteOne({ id: 'manual#0' })).rejects.toThrow('#')
  await index.update({ filter: { documentId: 'manual' }, metadata: { stolen: 'yes' } })
  expect((await index.fetch({ ids: ['manual#0'] })).records['manual#0']?.metadata).not.toHaveProperty('stolen')
})
