import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Placement } from '../../src/placement/placement.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import type { IndexInfo, IndexSpec, TenantStore, VectorRecord, VectorStore } from '../../src/stores/store.ts'
import { testVectors } from '../support/test-vectors.ts'

export interface StoreUnderTest extends AsyncDisposable {
  readonly store: VectorStore
  readonly project: string
}

const spec: IndexSpec = {
  name: 'contract-pool-1',
  dimension: 3,
  metric: 'dotproduct',
  cloud: 'aws',
  region: 'us-east-1',
  tags: { owner: 'contract' },
}

let nextPlace = 1

/** The contract of every adapter of the VectorStore port; `open` returns one without any index. */
export function vectorStoreContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`the vector store contract, kept by ${name}`, () => {
    let under: StoreUnderTest
    let index: IndexInfo

    beforeAll(async () => {
      under = await open()
      await under.store.createIndex(under.project, spec)
      index = await readyIndex(under, spec.name)
    })
    afterAll(() => under?.[Symbol.asyncDispose]())

    function place(host = index.host): Placement {
      const generation = nextPlace++
      const namespace = `tenant_acme_g${generation}`
      const tenantId = parseTenantId('acme')
      return {
        placeId: generation,
        tenantId,
        project: under.project,
        indexName: spec.name,
        indexHost: host,
        namespace,
        generation,
        kind: 'pool',
        vectors: testVectors,
      }
    }

    async function filled(...records: VectorRecord[]): Promise<TenantStore> {
      const tenant = under.store.open(place())
      await tenant.upsert(records)
      return tenant
    }

    describe('records', () => {
      test('come back as they were put', async () => {
        const whole: VectorRecord = {
          id: 'doc#1',
          values: [0.5, -0.25, 1],
          sparseValues: { indices: [7, 4_000_000_000], values: [0.5, 2] },
          metadata: { text: 'naïve “quotes” 日本', page: 2.5, ok: false, groups: ['a', 'b'] },
        }
        const bare: VectorRecord = { id: 'x/~ ?&=%+', values: [1, 0, 0] }
        const tenant = await filled(whole, bare)
        const { records } = await tenant.fetch([whole.id, bare.id, 'absent'])
        expect(Object.fromEntries(records)).toEqual({ [whole.id]: whole, [bare.id]: bare })
      })

      test('are put whole: nothing of the earlier one is left', async () => {
        const tenant = await filled({ id: 'a', values: [1, 0, 0], metadata: { old: 1, both: 1 } })
        await tenant.upsert([{ id: 'a', values: [0, 1, 0], metadata: { both: 2 } }])
        const { records } = await tenant.fetch(['a'])
        expect(records.get('a')).toEqual({ id: 'a', values: [0, 1, 0], metadata: { both: 2 } })
      })

      test('with one id twice in a call count as the last of them', async () => {
        const others = Array.from({ length: 1_200 }, (_, at) => ({ id: `o${at}`, values: [1, 0, 0] }))
        const first = { id: 'twice', values: [1, 0, 0], metadata: { n: 1 } }
        const tenant = await filled(first, ...others, { ...first, metadata: { n: 2 } })
        expect((await tenant.fetch(['twice'])).records.get('twice')?.metadata).toEqual({ n: 2 })
      })

      test('arrive all when they are more than the vendor takes at once, and are fetched and deleted so too', async () => {
        const records = Array.from({ length: 2_300 }, (_, at) => ({ id: `record-${at}`, values: [at + 1, 1, 0] }))
        const tenant = await filled(...records)
        const ids = records.map(({ id }) => id)
        expect((await tenant.describeNamespace())?.recordCount).toBe(2_300)
        expect((await tenant.fetch(ids)).records.size).toBe(2_300)
        await tenant.deleteIds(ids.slice(1))
        expect([...(await tenant.fetch(ids)).records.keys()]).toEqual(['record-0'])
      })

      test('of a wrong dimension are refused and nothing of them is there', async () => {
        const tenant = await filled({ id: 'a', values: [1, 0, 0] })
        await expect(tenant.upsert([{ id: 'b', values: [1, 0] }])).rejects.toMatchObject({ code: 'invalid_request' })
        expect((await tenant.fetch(['b'])).records.size).toBe(0)
      })

      test('none at all need no call', async () => {
        const tenant = under.store.open(place('http://127.0.0.1:1'))
        expect(await tenant.upsert([])).toEqual({})
        expect(await tenant.deleteIds([])).toEqual({})
        expect((await tenant.fetch([])).records.size).toBe(0)
      })
    })

    describe('a query', () => {
      const a = { id: 'a', values: [1, 0, 0], metadata: { lang: 'en', n: 1 } }
      const b = { id: 'b', values: [2, 0, 0], metadata: { lang: 'de', n: 2 } }
      const c = { id: 'c', values: [3, 0, 0], metadata: { lang: 'en', n: 3 } }

      test('gives the best first, at most topK', async () => {
        const tenant = await filled(a, b, c)
        const { matches } = await tenant.query({ vector: [1, 0, 0], topK: 2 })
        expect(matches).toEqual([
          { id: 'c', score: 3 },
          { id: 'b', score: 2 },
        ])
      })

      test('gives metadata and values only when asked', async () => {
        const tenant = await filled(a)
        const input = { vector: [1, 0, 0], topK: 1, includeMetadata: true, includeValues: true }
        expect((await tenant.query(input)).matches).toEqual([{ ...a, score: 1 }])
      })

      test('keeps to its filter', async () => {
        const tenant = await filled(a, b, c)
        const filter = { $and: [{ lang: 'en' }, { n: { $gt: 1 } }] }
        const { matches } = await tenant.query({ vector: [1, 0, 0], topK: 10, filter })
        expect(matches.map(({ id }) => id)).toEqual(['c'])
      })

      test('of a namespace that is not there is empty', async () => {
        expect((await under.store.open(place()).query({ vector: [1, 0, 0], topK: 3 })).matches).toEqual([])
      })

      test.each([0, -1, 1.5, 10_001])('with topK %d is refused', async (topK) => {
        const tenant = await filled(a)
        await expect(tenant.query({ vector: [1, 0, 0], topK })).rejects.toMatchObject({ code: 'invalid_request' })
      })

      test('sees nothing of the neighbour in the same index', async () => {
        const mine = await filled(a)
        const neighbour = await filled(b)
        await neighbour.deleteAll()
        const { matches } = await mine.query({ vector: [1, 0, 0], topK: 10 })
        expect(matches.map(({ id }) => id)).toEqual(['a'])
        expect((await neighbour.fetch(['a', 'b'])).records.size).toBe(0)
      })
    })

    describe('pages', () => {
      const ids = ['Z', 'a', 'a#1', 'a#10', 'a#2', 'b', '~']

      test('of ids come in byte order, by prefix and to the end', async () => {
        const tenant = await filled(...ids.toReversed().map((id) => ({ id, values: [1, 0, 0] })))
        const first = await tenant.list({ limit: 4 })
        expect(first.ids).toEqual(ids.slice(0, 4))
        const second = await tenant.list({ limit: 4, ...(first.nextCursor ? { cursor: first.nextCursor } : {}) })
        expect(second.ids).toEqual(ids.slice(4))
        expect(second.nextCursor).toBeUndefined()
        expect((await tenant.list({ prefix: 'a#' })).ids).toEqual(['a#1', 'a#10', 'a#2'])
      })

      test('of records by filter give each once', async () => {
        const records = Array.from({ length: 25 }, (_, at) => ({
          id: `r${at}`,
          values: [1, 0, 0],
          metadata: { odd: at % 2 === 1 },
        }))
        const tenant = await filled(...records)
        const seen: string[] = []
        let cursor: string | undefined
        do {
          const page = await tenant.fetchByFilter({ filter: { odd: true }, limit: 5, ...(cursor ? { cursor } : {}) })
          expect(page.records.length).toBeLessThanOrEqual(5)
          seen.push(...page.records.map(({ id }) => id))
          cursor = page.nextCursor
        } while (cursor)
        expect(seen.toSorted()).toEqual(records.flatMap(({ id, metadata }) => (metadata.odd ? [id] : [])).toSorted())
      })
    })

    describe('a change in part', () => {
      const whole: VectorRecord = {
        id: 'a',
        values: [1, 0, 0],
        sparseValues: { indices: [7], values: [0.5] },
        metadata: { keep: 'x', change: 1 },
      }

      test('replaces what it names, and the rest stays', async () => {
        const tenant = await filled(whole)
        await tenant.update({ id: 'a', setMetadata: { change: 2, more: ['y'] } })
        const metadata = { keep: 'x', change: 2, more: ['y'] }
        expect((await tenant.fetch(['a'])).records.get('a')).toEqual({ ...whole, metadata })
        await tenant.update({ id: 'a', values: [0, 1, 0] })
        expect((await tenant.fetch(['a'])).records.get('a')).toEqual({ ...whole, values: [0, 1, 0], metadata })
        const sparseValues = { indices: [9], values: [2] }
        await tenant.update({ id: 'a', sparseValues })
        const changed = { id: 'a', values: [0, 1, 0], sparseValues, metadata }
        expect((await tenant.fetch(['a'])).records.get('a')).toEqual(changed)
      })

      test('of a record that is not there is no error and makes none, nor does a namespace that is not', async () => {
        const tenant = await filled(whole)
        await tenant.update({ id: 'absent', setMetadata: { n: 1 }, values: [1, 1, 1] })
        expect((await tenant.list({})).ids).toEqual(['a'])
        const nowhere = under.store.open(place())
        await nowhere.update({ id: 'a', setMetadata: { n: 1 } })
        expect((await nowhere.fetch(['a'])).records.size).toBe(0)
      })

      test('of a wrong dimension is refused and changes nothing', async () => {
        const tenant = await filled(whole)
        const change = tenant.update({ id: 'a', values: [1, 0], setMetadata: { change: 2 } })
        await expect(change).rejects.toMatchObject({ code: 'invalid_request' })
        expect((await tenant.fetch(['a'])).records.get('a')).toEqual(whole)
      })
    })

    describe('deleting', () => {
      test('by filter takes what matches and nothing else, and no namespace is no error', async () => {
        const tenant = await filled(
          { id: 'old', values: [1, 0, 0], metadata: { year: 2019 } },
          { id: 'new', values: [1, 0, 0], metadata: { year: 2026 } },
          { id: 'kept', values: [1, 0, 0], metadata: { year: 2019, _tr_start: 0 } },
          { id: 'bare', values: [1, 0, 0] },
        )
        await tenant.deleteByFilter({ $and: [{ year: { $lt: 2020 } }, { _tr_start: { $exists: false } }] })
        expect((await tenant.list({})).ids).toEqual(['bare', 'kept', 'new'])
        await under.store.open(place()).deleteByFilter({ year: 1 })
      })

      test('ids that are not there is no error, nor is a namespace that is not', async () => {
        const tenant = await filled({ id: 'a', values: [1, 0, 0] })
        await tenant.deleteIds(['a', 'absent'])
        await tenant.deleteIds(['a', 'absent'])
        expect((await tenant.list({})).ids).toEqual([])
        await under.store.open(place()).deleteIds(['a'])
        await under.store.open(place()).deleteAll()
      })
    })

    describe('a namespace', () => {
      test('is made, described and deleted, and each twice is reported', async () => {
        const tenant = under.store.open(place())
        expect(await tenant.describeNamespace()).toBeUndefined()
        expect(await tenant.createNamespace()).toBe('created')
        expect(await tenant.createNamespace()).toBe('exists')
        await tenant.upsert([{ id: 'a', values: [1, 0, 0] }])
        expect(await tenant.describeNamespace()).toEqual({ recordCount: 1 })
        expect(await tenant.deleteNamespace()).toBe('deleted')
        expect(await tenant.deleteNamespace()).toBe('absent')
        expect(await tenant.describeNamespace()).toBeUndefined()
      })
    })

    describe('sequence numbers', () => {
      test('rise with each write, and a read that shows a write has reached its number', async () => {
        const tenant = under.store.open(place())
        const first = await tenant.upsert([{ id: 'a', values: [1, 0, 0] }])
        const changed = await tenant.update({ id: 'a', setMetadata: { n: 1 } })
        const matched = await tenant.deleteByFilter({ n: 2 })
        const second = await tenant.deleteIds(['a'])
        const lsns = [first, changed, matched, second].map(({ lsn }) => lsn)
        if (first.lsn === undefined || second.lsn === undefined) throw new Error('no sequence number')
        expect(lsns).toEqual(lsns.toSorted((one, other) => Number(one) - Number(other)))
        expect(new Set(lsns).size).toBe(4)
        expect(second.lsn).toBeGreaterThan(first.lsn)
        const reads = [
          await tenant.query({ vector: [1, 0, 0], topK: 1 }),
          await tenant.fetch(['a']),
          await tenant.list({}),
          await tenant.fetchByFilter({ filter: { a: 1 } }),
        ]
        for (const { indexedLsn } of reads) expect(indexedLsn).toBeGreaterThanOrEqual(second.lsn)
      })
    })

    describe('a signal', () => {
      test('that is over already stops the call, and its own reason is thrown', async () => {
        const reason = new Error('gone')
        const signal = AbortSignal.abort(reason)
        const tenant = await filled({ id: 'a', values: [1, 0, 0] })
        await expect(tenant.upsert([{ id: 'b', values: [1, 0, 0] }], { signal })).rejects.toBe(reason)
        await expect(tenant.query({ vector: [1, 0, 0], topK: 1 }, { signal })).rejects.toBe(reason)
        expect((await tenant.list({})).ids).toEqual(['a'])
      })
    })

    describe('an index', () => {
      test('is made once, described, listed and deleted once', async () => {
        const { store, project } = under
        const silo = { ...spec, name: 'contract-silo-1', metric: 'cosine' as const, dimension: 4 }
        const made = await store.createIndex(project, silo)
        expect(made).toMatchObject({ name: silo.name, dimension: 4, metric: 'cosine', tags: silo.tags })
        await expect(store.createIndex(project, silo)).rejects.toMatchObject({ code: 'conflict' })
        expect(await readyIndex(under, silo.name)).toEqual({ ...made, ready: true })
        expect((await store.listIndexes(project)).map(({ name }) => name).toSorted()).toEqual([spec.name, silo.name])
        expect(await store.deleteIndex(project, silo.name)).toBe('deleted')
        expect(await store.deleteIndex(project, silo.name)).toBe('absent')
        expect(await store.describeIndex(project, silo.name)).toBeUndefined()
        const gone = store.open(place(made.host))
        await expect(gone.query({ vector: [1, 0, 0, 0], topK: 1 })).rejects.toMatchObject({ code: 'not_found' })
        await expect(gone.deleteIds(['a'])).rejects.toMatchObject({ code: 'not_found' })
        await expect(gone.describeNamespace()).rejects.toMatchObject({ code: 'not_found' })
      })
    })
  })
}

async function readyIndex({ store, project }: StoreUnderTest, name: string): Promise<IndexInfo> {
  for (;;) {
    const info = await store.describeIndex(project, name)
    if (info?.ready) return info
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
