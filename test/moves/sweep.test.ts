import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { completeMove } from '../../src/moves/steer-move.ts'
import { judgeIndex } from '../../src/moves/sweep/judge-index.ts'
import { startSweep, sweeper } from '../../src/moves/sweep/sweep.ts'
import type { IndexSpec, VectorStore } from '../../src/stores/store.ts'
import { holdRound } from '../support/hold-round.ts'
import { contents, MoveWorld, platform } from '../support/move-world.ts'

let world: MoveWorld
beforeEach(async () => {
  world = await MoveWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

const parts = (storeInDoubtMs = 0) => ({
  db: world.home.db,
  stores: world.store,
  settings: { project: 'default', indexPrefix: 'tr', storeInDoubtMs },
  log: pino({ level: 'silent' }),
})
const never = new AbortController().signal
const sweepOf = (storeInDoubtMs?: number) => {
  const sweep = sweeper(parts(storeInDoubtMs))
  return () => sweep(never)
}
const names = async () => (await world.store.listIndexes('default')).map(({ name }) => name).sort()
const deeds = () =>
  world.home.sql`select action, tenant_id, detail from audit where action in ('place.swept', 'index.swept') order by id`
const index = (name: string, tags: IndexSpec['tags']) =>
  world.store.createIndex('default', {
    name,
    dimension: 4,
    metric: 'cosine' as const,
    cloud: 'aws',
    region: 'us-east-1',
    tags,
  })

test('what a late write brought back in a dead place is deleted, and the live places are left as they are', async () => {
  const acme = await world.tenant('acme', 20)
  const other = await world.tenant('other', 5)
  await world.replica()
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  const dead = await world.placeOf(acme, 1)
  await completeMove(world.home, platform, id)
  await world.until(id, 'completed')
  expect(await dead.describeNamespace()).toBeUndefined()

  await dead.upsert([{ id: 'late', values: [1, 2, 3, 4] }])
  expect(await dead.describeNamespace()).toEqual({ recordCount: 1 })
  await sweepOf()()
  expect(await dead.describeNamespace()).toBeUndefined()
  const swept = { index: 'tr-pool-1', namespace: 'tenant_acme_g1', records: 1 }
  expect(await deeds()).toEqual([{ action: 'place.swept', tenant_id: 'acme', detail: swept }])
  expect((await contents(await world.placeOf(acme))).size).toBe(20)
  expect((await contents(await world.placeOf(other))).size).toBe(5)

  await sweepOf()()
  expect(await deeds()).toHaveLength(1)
})

test('a place whose store does not answer keeps nobody else from being looked at', async () => {
  const [acme, other] = [await world.tenant('acme', 1), await world.tenant('other', 1)]
  const [dead, alsoDead] = [await world.placeOf(acme), await world.placeOf(other)]
  const asked: string[] = []
  const { store } = world
  const stores: VectorStore = {
    open(placement) {
      if (placement.project !== 'away') return store.open(placement)
      asked.push(placement.namespace)
      const describeNamespace = () => Promise.reject(new AppError('store_unavailable', 'It does not answer.'))
      return { ...store.open({ ...placement, project: 'default' }), placement, describeNamespace }
    },
    createIndex: store.createIndex.bind(store),
    describeIndex: store.describeIndex.bind(store),
    listIndexes: store.listIndexes.bind(store),
    deleteIndex: store.deleteIndex.bind(store),
    listNamespaces: store.listNamespaces.bind(store),
  }
  await world.home.sql`delete from routing`
  await world.home.sql`update places set state = 'purged', purged_at = now()`
  await world.home.sql`update places set project = 'away' where tenant_id = 'acme'`
  await world.home
    .sql`insert into places (tenant_id, index_id, project, index_name, namespace, generation, state, purged_at)
    select tenant_id, index_id, 'away', index_name, 'tenant_acme_g0', 0, 'purged', now() from places where tenant_id = 'acme'`
  const [made] = await world.home.sql<{ tag: string }[]>`
    insert into indexes (project, name, kind, tenant_id, cloud, region, embedding_model, dimension, metric, namespace_limit, state)
    values ('default', 'tr-silo-late', 'silo', 'other', 'aws', 'us-east-1', 'test', 4, 'cosine', 1, 'deleted')
    returning id || '-' || floor(extract(epoch from date_trunc('milliseconds', created_at)) * 1000)::bigint as tag`
  await index('tr-silo-late', { 'managed-by': 'tenant-router', 'tenant-router-index': made?.tag ?? '' })
  await sweeper({ ...parts(), stores })(never)
  expect(await alsoDead.describeNamespace()).toBeUndefined()
  expect(await dead.describeNamespace()).toEqual({ recordCount: 1 })
  expect(asked).toHaveLength(1)
  expect(await names()).not.toContain('tr-silo-late')
})

test('an index that a late request of a dead move made is removed once no request is in doubt; a stranger stays', async () => {
  const acme = await world.tenant('acme', 5)
  await world.replica()
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  const silo = (await world.placeOf(acme)).placement.indexName
  await index('tr-silo-forgotten', { 'tenant-router': 'silo', move: id })
  await index('tr-silo-unknown', { 'managed-by': 'tenant-router', 'tenant-router-index': '1-1700000000000' })
  await index('other-pool-1', { 'managed-by': 'tenant-router', 'tenant-router-index': '1-1700000000000' })
  await index('tr-silo-theirs', { 'tenant-router': 'silo', move: '018f3c2e-5f0a-7cc3-9d53-0c3f4b7a9e11' })
  await index('catalogue', { team: 'search' })

  const patient = sweepOf(60_000)
  await patient()
  await patient()
  expect(await names()).toContain('tr-silo-forgotten')

  await sweepOf()()
  expect(await names()).toEqual(
    ['catalogue', 'other-pool-1', silo, 'tr-pool-1', 'tr-silo-theirs', 'tr-silo-unknown'].sort(),
  )
  expect((await deeds()).map(({ detail }) => detail.index)).toEqual(['tr-silo-forgotten'])
  expect((await contents(await world.placeOf(acme))).size).toBe(5)
})

test('an index is removed again that comes back after its row says deleted', async () => {
  const acme = await world.tenant('acme', 5)
  const made = await world.replica()
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  await made.stopMover()
  const silo = (await world.placeOf(acme)).placement.indexName
  const info = await world.store.describeIndex('default', silo)
  const known = (state: 'deleted' | 'ready', createdAtMs = 0) => ({
    row: { id: 2, createdAtMs, state },
    isOurMove: info?.tags.move === id,
  })
  if (info === undefined) throw new Error('the silo is there')
  expect(judgeIndex(info, known('ready'), 'tr')).toBe('live')
  expect(judgeIndex(info, known('deleted'), 'tr')).toBe('orphan')
  expect(judgeIndex({ ...info, tags: {} }, known('deleted'), 'tr')).toBe('stranger')
  const onboarded = { ...info, tags: { 'managed-by': 'tenant-router', 'tenant-router-index': '2-17' } }
  const notAMove = { ...known('deleted', 17), isOurMove: false }
  expect(judgeIndex(onboarded, notAMove, 'tr')).toBe('orphan')
  expect(judgeIndex(onboarded, { ...notAMove, row: { ...notAMove.row, createdAtMs: 18 } }, 'tr')).toBe('stranger')
  expect(judgeIndex(onboarded, { ...notAMove, row: undefined }, 'tr')).toBe('stranger')
  expect(judgeIndex({ ...info, name: 'tr-x', tags: {} }, { ...notAMove, row: undefined }, 'tr')).toBe('stranger')
  expect(judgeIndex({ ...info, name: 'x', tags: {} }, { ...notAMove, row: undefined }, 'tr')).toBe('foreign')
})

test('a replica sweeps automatically, one at a time, and ends at once', async () => {
  const acme = await world.tenant('acme', 5)
  const { id } = await (async () => {
    await world.replica()
    return world.promote(acme)
  })()
  await world.until(id, 'soaking')
  await index('tr-silo-forgotten', { 'tenant-router': 'silo', move: id })
  await holdRound(world.home.sql, 'sweep')
  await sweepOf()()
  expect(await names()).toContain('tr-silo-forgotten')
  await world.home.sql`delete from round_leases`
  await using _ = startSweep(parts(), { everyMs: 10 })
  await expect.poll(names, { timeout: 60_000 }).not.toContain('tr-silo-forgotten')
})
