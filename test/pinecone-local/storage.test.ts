import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createLocalIndex, removeIndex } from '../../src/pinecone-local/control/index-changes.ts'
import { Engine } from '../../src/pinecone-local/engine/engine.ts'
import type { StoredRecord } from '../../src/pinecone-local/shapes/record.ts'
import type { IndexEntry } from '../../src/pinecone-local/store/catalog.ts'
import { CommitQueue } from '../../src/pinecone-local/store/commit-queue.ts'
import { openDatabase } from '../../src/pinecone-local/store/open-database.ts'
import { ApiError } from '../../src/pinecone-wire/api-error.ts'
import { tempDir } from './harness.ts'

const dimension = 64
const unlimited = () => {}

function openEngine(hotBytes: number, dataDir = tempDir()) {
  const database = openDatabase(dataDir)
  const engine = new Engine(database, hotBytes)
  onTestFinished(async () => {
    if (database.isOpen) await engine[Symbol.asyncDispose]()
  })
  return { engine, database }
}

function makeIndex(engine: Engine): Promise<IndexEntry> {
  const config = {
    vector: { type: 'dense', dimension, metric: 'cosine' } as const,
    cloud: 'aws',
    region: 'us-east-1',
    tags: null,
    deletionProtection: 'disabled' as const,
    readyAtMs: 0,
  }
  return createLocalIndex(engine, 'docs', config, unlimited)
}

function records(count: number, first = 0): StoredRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `r${first + i}`,
    values: new Float32Array(dimension).fill(first + i + 1),
    sparse: null,
    metadata: null,
  }))
}

async function fill(engine: Engine, index: IndexEntry, name: string, count: number): Promise<void> {
  await engine.write(index, name, { kind: 'upsert', records: records(count) }, 0, unlimited)
}

describe('hot namespaces', () => {
  test('stay within their bound, the least recent first out, and are read again whole', async () => {
    const { engine } = openEngine(200_000)
    const index = await makeIndex(engine)
    for (let i = 0; i < 10; i++) await fill(engine, index, `n${i}`, 100)
    const spaces = [...index.namespaces.values()].map(({ space }) => space)
    const hot = () => spaces.filter((space) => engine.hot.peek(space) !== undefined)
    expect(hot().length).toBeGreaterThan(0)
    expect(hot().length).toBeLessThan(10)
    expect(hot()).toContain(spaces[9])
    for (const space of spaces) expect(engine.hot.get(space, dimension).count).toBe(100)
    expect(hot()).not.toContain(spaces[0])
    const again = engine.hot.get(spaces[0] ?? 0, dimension)
    expect(again.record(again.ids.indexOf('r7')).values?.[0]).toBe(8)
  })

  test('keep the one in use, however large', async () => {
    const { engine } = openEngine(1)
    const index = await makeIndex(engine)
    await fill(engine, index, 'a', 300)
    await fill(engine, index, 'a', 300)
    const space = index.namespaces.get('a')?.space ?? 0
    expect(engine.hot.get(space, dimension).count).toBe(300)
    expect(index.namespaces.get('a')?.recordCount).toBe(300)
  })
})

test('the records of deleted namespaces, indexes and of deleteAll are freed bit by bit', async () => {
  const { engine, database } = openEngine(1_000_000)
  const index = await makeIndex(engine)
  for (const name of ['gone', 'emptied', 'stays']) await fill(engine, index, name, 700)
  await engine.deleteNamespace(index, 'gone')
  await engine.write(index, 'emptied', { kind: 'deleteAll' }, 0, unlimited)
  const count = () => database.prepare('select count(*) as n from records').get()?.n
  await vi.waitUntil(() => count() === 700, { timeout: 60_000 })
  expect(index.namespaces.get('emptied')?.recordCount).toBe(0)
  await removeIndex(engine, index, unlimited)
  await vi.waitUntil(() => count() === 0, { timeout: 60_000 })
})

test('deleting that was not finished goes on after a restart', async () => {
  const dataDir = tempDir()
  const first = openEngine(1_000_000, dataDir)
  const index = await makeIndex(first.engine)
  await fill(first.engine, index, 'gone', 900)
  await first.engine.deleteNamespace(index, 'gone')
  await first.engine[Symbol.asyncDispose]()
  const second = openEngine(1_000_000, dataDir)
  const count = () => second.database.prepare('select count(*) as n from records').get()?.n
  await expect.poll(count).toBe(0)
})

describe('a failed transaction', () => {
  test('fails all writes of its turn, and leaves memory as the tables are', async () => {
    const { engine, database } = openEngine(1_000_000)
    const index = await makeIndex(engine)
    await fill(engine, index, 'a', 5)
    database.exec(
      `create trigger broken before insert on records when new.id = 'r9' begin select raise(abort, 'disk trouble'); end`,
    )
    const upsert = (name: string, first: number) =>
      engine.write(index, name, { kind: 'upsert', records: records(1, first) }, 0, unlimited)
    const settled = await Promise.allSettled([upsert('a', 7), upsert('b', 8), upsert('a', 9)])
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    const reloaded = engine.indexes.named('docs')
    expect([...(reloaded?.namespaces.values() ?? [])]).toMatchObject([{ name: 'a', recordCount: 5, lsn: 1 }])
    const space = reloaded?.namespaces.get('a')?.space ?? 0
    expect(engine.hot.get(space, dimension).count).toBe(5)
  })

  test('is not made by a refusal: the other writes of the turn are kept', async () => {
    const database = new DatabaseSync(':memory:')
    database.exec('create table t (n integer)')
    const queue = new CommitQueue(database, unlimited, () => expect.unreachable())
    const settled = await Promise.allSettled([
      queue.run(() => database.exec('insert into t values (1)')),
      queue.run(() => {
        throw new ApiError(403, 'no')
      }),
      queue.run(() => database.exec('insert into t values (2)')),
    ])
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(database.prepare('select sum(n) as sum from t').get()?.sum).toBe(3)
  })
})
