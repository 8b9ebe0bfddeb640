import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { sweeper } from '../../src/moves/sweep/sweep.ts'
import { expectStatus } from '../support/expect-status.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { MoveHolds } from '../support/move-holds.ts'
import { ReembedWorld } from './reembed-world.ts'

let world: ReembedWorld
afterEach(() => world[Symbol.asyncDispose]())

const ofHash = { 'x-embedding-model': 'hash' }
const own = (id: string) => ({ id, values: bagOfWords(id), metadata: { n: 1 } })
/** A vector as the new model's, made elsewhere. */
const made = (id: string) => ({ id, values: bagOfWords(`made of ${id}`, 32) })

/** A tenant with a document, and two records without a text. */
async function withTextless(overrides = {}): Promise<void> {
  world = await ReembedWorld.open({ overrides })
  await world.openShard()
  await world.putDocument('doc', 'a bike in winter')
  await world.done('/vectors/upsert', { vectors: [own('mute'), own('dumb')] })
}

const supply = (body: object, tenant = 'acme') =>
  world.staff(`/tenants/${tenant}/vector-files`, { model: 'small', ...body })

async function supplied(...vectors: readonly object[]): Promise<string> {
  return expectStatus(await supply({ vectors }), 201).json.id
}

const files = () => world.service.home.sql`
  select record_id as id from supplied_vectors join vector_files f on f.id = file_id order by record_id`

test('records without a text go along with supplied vectors, and come back with their own', async () => {
  const holds = new MoveHolds()
  await withTextless(holds.overrides)
  const first = await supply({ vectors: [made('mute'), made('nobody'), made('doc#0')] })
  expect(first.json).toEqual({ id: expect.any(String), model: 'small', records: 1, unknown: ['nobody'], withText: 1 })
  const file = first.json.id
  expect((await supply({ file, vectors: [made('dumb')] })).json).toMatchObject({ id: file, records: 2, unknown: [] })
  const plan = await world.staff('/tenants/acme/moves', {
    kind: 'reembed',
    model: 'small',
    vectorsFrom: file,
    plan: true,
  })
  expect(plan.json).toMatchObject({ refusals: [], embedding: { withoutText: 2, missing: { count: 0, ids: [] } } })
  const copying = holds.hold('copy: batch claimed')
  const id = await world.reembed({ vectorsFrom: file })
  await copying.reached
  await world.done('/vectors/update', { id: 'mute', setMetadata: { n: 2 } })
  expect((await supply({ file, vectors: [made('dumb')] })).status).toBe(409)
  copying.release()
  const { verification } = await world.until(id, 'soaking')
  expect(verification.reembedded).toMatchObject({ records: 1, supplied: 2, leftBehind: 0 })
  const now = await world.contents(2)
  expect(now.get('mute')).toMatchObject({ values: made('mute').values, metadata: { n: 2 } })
  expect(now.get('dumb')).toMatchObject({ values: made('dumb').values, metadata: { n: 1 } })
  const asked = { vector: made('dumb').values, topK: 1 }
  const found = await world.ask('b', '/retrieve', asked, { 'x-embedding-model': 'small' })
  expect(found.json.matches[0].id).toBe('dumb')
  await world.done('/vectors/update', { id: 'dumb', setMetadata: { n: 3 } }, { model: 'small' })
  await world.steer(id, 'rollback')
  await world.until(id, 'rolled_back')
  const back = await world.contents(1)
  expect(back.get('mute')).toMatchObject({ values: own('mute').values, metadata: { n: 2 } })
  expect(back.get('dumb')).toMatchObject({ values: own('dumb').values, metadata: { n: 3 } })
  expect(await files()).toEqual([])
})

test('a file that lacks a record, or whose record was given another vector since, is refused with the ids', async () => {
  await withTextless()
  const vectorsFrom = await supplied(made('mute'), made('dumb'))
  await world.done('/vectors/update', { id: 'dumb', values: bagOfWords('another') })
  await world.done('/vectors/upsert', { vectors: [own('newer')] })
  const wanted = { kind: 'reembed', model: 'small', vectorsFrom }
  const refused = await world.staff('/tenants/acme/moves', wanted)
  expect([refused.status, refused.json.detail]).toEqual([
    409,
    expect.stringContaining(
      'Of 3 record(s) without a text, 2 have no vector in the file, or have been given another one since: dumb, newer.',
    ),
  ])
  const plan = await world.staff('/tenants/acme/moves', { ...wanted, plan: true })
  expect(plan.json.embedding.missing).toEqual({ count: 2, ids: ['dumb', 'newer'] })
  expect(await world.service.home.sql`select id from moves`).toEqual([])
  // Refused, the file is still there.
  const id = await world.reembed({ vectorsFrom, leaveBehind: 2 })
  const { verification } = await world.until(id, 'soaking')
  expect(verification.reembedded).toMatchObject({ supplied: 1, leftBehind: 2 })
  expect([...(await world.contents(2)).keys()].sort()).toEqual(['doc#0', 'mute'])
  await world.steer(id, 'complete')
  await world.until(id, 'completed')
  expect(await files()).toEqual([])
})

test('a record whose vector the app replaces while the move runs never gets the supplied one: the move stops', async () => {
  const holds = new MoveHolds()
  await withTextless(holds.overrides)
  const vectorsFrom = await supplied(made('mute'), made('dumb'))
  const copying = holds.hold('copy: batch written')
  const id = await world.reembed({ vectorsFrom })
  await copying.reached
  await world.done('/vectors/update', { id: 'dumb', values: bagOfWords('another') })
  copying.release()
  const stopped = await world.until(id, 'paused')
  expect(stopped.gate).toContain('1 record(s) have no text')
  await world.steer(id, 'cancel')
  await world.until(id, 'cancelled')
  expect((await world.contents(1)).get('dumb')?.values).toEqual(bagOfWords('another'))
  expect(await files()).toEqual([])
})

test('a rollback stops for a person where the new place was given another vector for a record without a text', async () => {
  await withTextless()
  const id = await world.reembed({ vectorsFrom: await supplied(made('mute'), made('dumb')) })
  await world.until(id, 'soaking')
  await world.done('/vectors/update', { id: 'dumb', values: bagOfWords('another', 32) }, { model: 'small' })
  for (;;) {
    const { json } = await world.staff(`/moves/${id}`)
    if (json.waitsFor?.kind === 'needs_person') break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  expect((await world.staff(`/moves/${id}`)).json.gate).toContain('as dumb')
  expect((await world.contents(1)).get('dumb')?.values).toEqual(own('dumb').values)
  await world.steer(id, 'complete')
  await world.until(id, 'completed')
  expect((await world.contents(2)).get('dumb')?.values).toEqual(bagOfWords('another', 32))
})

test('vectors of another dimension, a model that is not there, and another tenant’s file are refused', async () => {
  await withTextless()
  await world.service.onboard(world.a, 'other')
  const long = await supply({ vectors: [made('mute'), { id: 'dumb', values: bagOfWords('x', 33) }] })
  expect([long.status, long.json.detail]).toEqual([
    400,
    expect.stringContaining('vectors.1.values must have 32 numbers'),
  ])
  expect((await supply({ model: 'third', vectors: [made('mute')] })).status).toBe(400)
  expect((await supply({ vectors: [made('mute')] }, 'nobody')).status).toBe(404)
  const foreign = await supplied(made('mute'), made('dumb'))
  expect((await supply({ file: foreign, vectors: [made('mute')] }, 'other')).status).toBe(404)
  for (const vectorsFrom of [foreign, '018f3c2e-5f0a-7cc3-9d53-0c3f4b7a9e11']) {
    const moved = await world.staff('/tenants/other/moves', { kind: 'reembed', model: 'small', vectorsFrom })
    expect([moved.status, moved.json.detail]).toEqual([400, expect.stringContaining('vectorsFrom must be a file')])
  }
  // A new file takes the place of one that no move uses.
  await supplied(made('dumb'))
  expect(await files()).toEqual([{ id: 'dumb' }])
  expect((await world.ask('a', '/vectors/fetch', { ids: ['mute'] }, ofHash)).json.vectors.mute.metadata).toEqual({
    n: 1,
  })
})

test('a file that waits for no move goes with the offboarding, whose receipt counts it, and after seven days', async () => {
  await withTextless()
  const { sql, db } = world.service.home
  await world.service.onboard(world.a, 'other')
  await sql`insert into vector_files (tenant_id, model, dimension, created_by) values ('other', 'small', 32, 'pat')`
  const kept = await supplied(made('mute'), made('dumb'))
  const settings = { project: 'default', indexPrefix: 'tr', storeInDoubtMs: 0 }
  const stores = world.service.local.connect()
  const sweep = () => sweeper({ db, stores, settings, log: pino({ level: 'silent' }) })(new AbortController().signal)
  const left = async () => (await sql`select tenant_id from vector_files order by 1`).map((row) => row.tenant_id)
  await sql`update vector_files set created_at = now() - interval '7 days' + interval '1 hour'`
  await sweep()
  expect(await left()).toEqual(['acme', 'other'])
  await sql`update vector_files set created_at = now() - interval '7 days 1 minute' where tenant_id = 'other'`
  await sweep()
  expect(await left()).toEqual(['acme'])
  expect((await supply({ file: kept, vectors: [made('mute')] })).json.records).toBe(2)
  expect((await world.staff('/tenants/acme', undefined, 'DELETE')).status).toBe(202)
  const tenant = async () => (await world.staff('/tenants/acme')).json
  await expect.poll(async () => (await tenant()).status, { timeout: 60_000 }).toBe('offboarded')
  const { stores: counted } = (await world.staff('/tenants/acme/receipt')).json.receipt
  expect(counted).toContainEqual(expect.objectContaining({ store: 'vectors that were supplied', before: 2, after: 0 }))
  expect([await left(), await files()]).toEqual([[], []])
})

test('a file takes 200,000 vectors, and a part that would exceed them is refused as a whole', async () => {
  await withTextless()
  const file = await supplied(made('mute'))
  await world.service.home.sql`
    insert into supplied_vectors (file_id, record_id, instead, "values")
    select ${file}::uuid, 'r' || n, 'hash', '\\x00' from generate_series(1, 199998) as n`
  expect((await supply({ file, vectors: [made('dumb')] })).json.records).toBe(200_000)
  await world.done('/vectors/upsert', { vectors: [own('another')] })
  const refused = await supply({ file, vectors: [made('another')] })
  expect([refused.status, refused.json.detail]).toEqual([400, expect.stringContaining('may be up to 200000')])
  const [count] = await world.service.home.sql`select count(*)::int as n from supplied_vectors`
  expect(count).toEqual({ n: 200_000 })
})
