import { afterEach, expect, test } from 'vitest'
import type { Embedder } from '../../src/models/embedder.ts'
import { bagOfWords, hashEmbedder } from '../support/hash-embedder.ts'
import { MoveHolds } from '../support/move-holds.ts'
import { ReembedWorld } from './reembed-world.ts'

let world: ReembedWorld
afterEach(() => world[Symbol.asyncDispose]())

const texts = ['a bike in winter', 'an apple in autumn', 'a boat in summer'] as const

/** A tenant in a shared index, with three documents and two records of its app, one of which has a long text. */
async function withRecords(options: Parameters<typeof ReembedWorld.open>[0] = {}): Promise<void> {
  world = await ReembedWorld.open(options)
  for (const [n, text] of texts.entries()) await world.putDocument(`doc-${n}`, text)
  const vectors = ['pear', 'plum'].map((word) => ({ id: word, values: bagOfWords(word), metadata: { text: word } }))
  await world.done('/vectors/upsert', { vectors })
}

/** A model of equal dimension: the same words at other places. */
const upsideDown: Embedder = {
  ...hashEmbedder(64, 'small'),
  async embed(asked) {
    return { vectors: asked.map((text) => bagOfWords(text).toReversed()), tokens: asked.length }
  },
}

const ofHash = { 'x-embedding-model': 'hash' }

function lag(lagMs: number): void {
  world.service.local.local.setFaults({ lagMs, rules: [] })
}

test('a tenant changes its embedding model while it reads and writes, and every record has the vector of its text', async () => {
  const holds = new MoveHolds()
  await withRecords({ overrides: holds.overrides })
  await world.openShard()
  lag(300)
  let done = false
  const asked: string[] = []
  const reading = (async () => {
    while (!done) {
      asked.push((await world.find(texts[0], 'b'))[0] ?? 'nothing')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })()
  reading.catch(() => undefined)
  const copying = holds.hold('copy: batch claimed')
  const id = await world.reembed()
  await copying.reached
  await world.putDocument('late', 'a train at night', 'b')
  await world.done('/vectors/update', { id: 'pear', setMetadata: { text: 'ripe pear' } })
  await world.done('/vectors/delete', { ids: ['plum'] }, { replica: 'b' })
  copying.release()
  const move = await world.until(id, 'soaking').finally(() => {
    done = true
  })
  await reading
  expect(new Set(asked)).toEqual(new Set(['doc-0#0']))
  expect(move).toMatchObject({ kind: 'reembed', target: { kind: 'pool', generation: 2 } })
  expect(move.verification.reembedded).toMatchObject({ model: 'small', leftBehind: 0, leastCosine: 1 })
  lag(0)
  const now = await world.contents(2)
  expect([...now.keys()].sort()).toEqual(['doc-0#0', 'doc-1#0', 'doc-2#0', 'late#0', 'pear'])
  for (const { values, metadata } of now.values()) {
    expect(values).toEqual(bagOfWords((metadata as { text: string }).text, 32))
  }
  expect(await world.find('a train at night')).toContain('late#0')
  await world.steer(id, 'complete')
  await world.until(id, 'completed')
  expect(await world.find('ripe pear', 'b')).toContain('pear')
})

test('nobody sees the stamp of a vector, and a filter that names it is refused', async () => {
  await withRecords({ tenant: { tier: 'enterprise' } })
  await world.until(await world.reembed(), 'soaking')
  const stored = (await world.contents(2)).get('pear')
  expect(stored?.metadata).toMatchObject({ text: 'pear', _tr_emb: expect.stringMatching(/^\S{22}$/) })
  const { json } = await world.done('/vectors/fetch', { ids: ['pear'] })
  expect(json.vectors.pear.metadata).toEqual({ text: 'pear' })
  const found = await world.done('/retrieve', { query: 'pear', topK: 1 })
  expect(found.text).not.toContain('_tr_emb')
  const filtered = await world.ask('a', '/retrieve', { query: 'pear', filter: { _tr_emb: { $exists: true } } })
  expect(filtered.status).toBe(400)
})

test('a rollback after writes in the soak finds them in the old place, by the old model, and embeds nothing itself', async () => {
  const old = hashEmbedder()
  await withRecords({ overrides: { embedder: old } })
  await world.openShard()
  const id = await world.reembed()
  await world.until(id, 'soaking')
  await world.putDocument('in-soak', 'a plane at noon')
  await world.done('/vectors/delete', { ids: ['plum'] })
  await world.done('/vectors/update', { id: 'pear', setMetadata: { ripe: true } })
  for (;;) {
    const { json } = await world.staff(`/moves/${id}`)
    if (json.dirty.unsynced === 0) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const embedded = old.count
  await world.steer(id, 'rollback')
  await world.until(id, 'rolled_back')
  expect(old.count).toBe(embedded)
  const back = await world.contents(1)
  expect([...back.keys()].sort()).toEqual(['doc-0#0', 'doc-1#0', 'doc-2#0', 'in-soak#0', 'pear'])
  expect(back.get('in-soak#0')?.values).toEqual(bagOfWords('a plane at noon'))
  expect(back.get('pear')).toMatchObject({ values: bagOfWords('pear'), metadata: { ripe: true } })
  expect((await world.find('a plane at noon'))[0]).toBe('in-soak#0')
})

test('records without a text are counted, refused, and left behind only when a person says so', async () => {
  await withRecords()
  await world.openShard()
  await world.done('/vectors/upsert', { vectors: [{ id: 'mute', values: bagOfWords('x'), metadata: { n: 1 } }] })
  const wanted = { kind: 'reembed', model: 'small' }
  const plan = await world.staff('/tenants/acme/moves', { ...wanted, plan: true })
  expect(plan.json.embedding).toMatchObject({ model: 'small', withoutText: 1 })
  expect(plan.json.refusals).toMatchObject([
    {
      code: 'conflict',
      message: expect.stringMatching(/^1 record\(s\) have no text in the metadata field text[^-]*$/),
      faults: [
        { path: 'leaveBehind', message: 'must be 1 or more for them to stay behind' },
        { path: 'vectorsFrom', message: 'may name a file with a vector for each of them' },
      ],
    },
  ])
  expect(await world.staff('/tenants/acme/moves', wanted)).toMatchObject({ status: 409 })
  const id = await world.reembed({ leaveBehind: 1 })
  const move = await world.until(id, 'soaking')
  expect(move.verification.reembedded).toMatchObject({ leftBehind: 1, records: 5 })
  expect((await world.contents(2)).has('mute')).toBe(false)
  await world.steer(id, 'complete')
  await world.until(id, 'completed')
  expect(await world.service.home.sql`select state from places where generation = 1`).toEqual([{ state: 'purged' }])
})

test('while it runs, a record without a text is refused and changes nothing', async () => {
  const holds = new MoveHolds()
  await withRecords({ overrides: holds.overrides })
  await world.openShard()
  const { reached, release } = holds.hold('copy: batch claimed')
  const id = await world.reembed()
  await reached
  const mute = { vectors: [{ id: 'mute', values: bagOfWords('x'), metadata: { n: 1 } }] }
  expect(await world.ask('b', '/vectors/upsert', mute, ofHash)).toMatchObject({
    status: 409,
    json: { code: 'conflict' },
  })
  release()
  await world.until(id, 'soaking')
  expect((await world.contents(1)).has('mute')).toBe(false)
})

test('a document and a record that wait at the switch are stored with the vectors of the new model', async () => {
  const holds = new MoveHolds()
  await withRecords({ overrides: holds.overrides })
  await world.openShard()
  const fenced = holds.hold('fence: tail synced')
  const id = await world.reembed()
  await fenced.reached
  await world.b.services.routes.catchUp()
  const putting = world.putDocument('held', 'a letter in spring', 'b')
  const vector = { vectors: [{ id: 'raw', values: bagOfWords('raw'), metadata: { text: 'raw' } }] }
  const upserting = world.ask('b', '/vectors/upsert', vector, ofHash)
  const unnamed = world.ask('b', '/vectors/upsert', { vectors: [{ ...vector.vectors[0], id: 'unnamed' }] })
  fenced.release()
  await putting
  await world.until(id, 'soaking')
  expect([(await upserting).status, (await unnamed).status]).toEqual([200, 409])
  const now = await world.contents(2)
  expect(now.get('held#0')?.values).toEqual(bagOfWords('a letter in spring', 32))
  expect(now.get('raw')?.values).toEqual(bagOfWords('raw', 32))
  expect(now.has('unnamed')).toBe(false)
})

test('a model of equal dimension that answers otherwise on the second try stops the move for a person', async () => {
  let calls = 0
  const fickle: Embedder = {
    ...hashEmbedder(64, 'small'),
    async embed(asked) {
      calls += 1
      const seed = calls
      return { vectors: asked.map((text) => bagOfWords(`${text} ${seed} ${seed * 7}`)), tokens: asked.length }
    },
  }
  await withRecords({ small: fickle })
  await world.openShard()
  const id = await world.reembed()
  const stopped = await world.until(id, 'paused')
  expect(stopped.waitsFor.kind).toBe('needs_person')
  expect(stopped.gate).toContain('gives other vectors for the same texts')
  await world.steer(id, 'cancel')
  await world.until(id, 'cancelled')
  expect((await world.find(texts[0]))[0]).toBe('doc-0#0')
})

test('a model that is away makes the move wait, and is never the end of it', async () => {
  const { AppError } = await import('../../src/errors.ts')
  const small = hashEmbedder(32, 'small')
  let isAway = true
  let refused = 0
  const away: Embedder = {
    ...small,
    async embed(asked) {
      if (!isAway) return small.embed(asked)
      refused += 1
      throw new AppError('embedding_unavailable', 'The embedding provider cannot be reached or is busy. Try again.')
    },
  }
  await withRecords({ small: away })
  await world.openShard()
  const id = await world.reembed()
  while (refused < 3) await new Promise((resolve) => setTimeout(resolve, 50))
  expect((await world.staff(`/moves/${id}`)).json).toMatchObject({ state: 'copying' })
  expect((await world.find(texts[0]))[0]).toBe('doc-0#0')
  isAway = false
  await world.until(id, 'soaking')
})

test('a text that the model refuses stops the move with the id of its record', async () => {
  const { AppError } = await import('../../src/errors.ts')
  const small = hashEmbedder(32, 'small')
  const picky: Embedder = {
    ...small,
    async embed(asked) {
      if (!asked.includes('plum')) return small.embed(asked)
      throw new AppError('invalid_request', 'The text is too long for the embedding model.')
    },
  }
  await withRecords({ small: picky })
  await world.openShard()
  const id = await world.reembed()
  const stopped = await world.until(id, 'paused')
  expect(stopped.gate).toContain('refuses the text of record plum')
  await world.done('/vectors/update', { id: 'plum', setMetadata: { text: 'short plum' } })
  await world.steer(id, 'resume')
  await world.until(id, 'soaking')
})

test('a move to a model that is not there, or is the own one, is refused with the reason', async () => {
  await withRecords()
  const ask = (body: object) => world.staff('/tenants/acme/moves', { kind: 'reembed', ...body })
  expect(await ask({})).toMatchObject({ status: 400 })
  expect(await ask({ model: 'nowhere' })).toMatchObject({ status: 400 })
  const own = await ask({ model: 'hash' })
  expect([own.status, own.json.detail]).toEqual([409, expect.stringContaining('are of the model hash already')])
  const full = await ask({ model: 'small' })
  expect([full.status, full.json.detail]).toEqual([409, expect.stringContaining('No other shared index')])
})

test('two tenants of one index have two models, and neither sees the other', async () => {
  await withRecords()
  await world.openShard()
  const other = await world.service.onboard(world.a, 'other')
  const put = { path: '/documents/own', authorization: other, body: { text: 'a secret' }, method: 'PUT' }
  expect((await world.a.public(put)).status).toBe(201)
  await world.until(await world.reembed(), 'soaking')
  const asked = await world.a.public({ path: '/retrieve', authorization: other, body: { query: 'a secret', topK: 9 } })
  expect(asked.json.matches.map(({ id }: { id: string }) => id)).toEqual(['own#0'])
  expect(await world.find('a secret')).not.toContain('own#0')
})

test('a search is served by the place of its model, before and after the switch, and another model by none', async () => {
  const holds = new MoveHolds()
  // Of equal dimension, so that only the name tells the vectors apart.
  await withRecords({ small: upsideDown, overrides: holds.overrides })
  await world.openShard()
  const ofSmall = { 'x-embedding-model': 'small' }
  const vectors = { hash: bagOfWords('pear'), small: bagOfWords('pear').toReversed() }
  const ask = (vector: readonly number[], headers: Readonly<Record<string, string>>) =>
    world.ask('b', '/retrieve', { vector, topK: 1 }, headers)
  expect((await ask(vectors.small, ofSmall)).status).toBe(409)
  const { reached, release } = holds.hold('copy: batch claimed')
  const id = await world.reembed()
  await reached
  await world.b.services.routes.catchUp()
  expect((await ask(vectors.hash, ofHash)).json.matches[0]).toMatchObject({ id: 'pear', score: expect.closeTo(1) })
  const early = await ask(vectors.small, ofSmall)
  expect([early.status, early.json.code, early.headers.get('retry-after')]).toEqual([409, 'conflict', '30'])
  expect((await ask(vectors.hash, {})).status).toBe(409)
  release()
  await world.until(id, 'soaking')
  await world.b.services.routes.catchUp()
  for (const [vector, headers] of [
    [vectors.hash, ofHash],
    [vectors.small, ofSmall],
  ] as const)
    expect((await ask(vector, headers)).json.matches[0]).toMatchObject({ id: 'pear', score: expect.closeTo(1) })
  expect((await ask(vectors.hash, { 'x-embedding-model': 'third' })).status).toBe(409)
  await world.steer(id, 'complete')
  await world.until(id, 'completed')
  await world.b.services.routes.catchUp()
  expect((await ask(vectors.hash, ofHash)).status).toBe(409)
  const unnamed = await ask(vectors.hash, {})
  expect([unnamed.status, unnamed.json.detail]).toEqual([409, expect.stringContaining('X-Embedding-Model: small')])
  expect((await ask(vectors.small, ofSmall)).json.matches[0].id).toBe('pear')
})

test('in the soak a record with a vector of the old model is stored in both places, each with its own vector', async () => {
  await withRecords()
  await world.openShard()
  const id = await world.reembed()
  await world.until(id, 'soaking')
  const fig = { id: 'fig', values: bagOfWords('fig'), metadata: { text: 'fig' } }
  await world.done('/vectors/upsert', { vectors: [fig] })
  expect((await world.contents(2)).get('fig')?.values).toEqual(bagOfWords('fig', 32))
  const alone = await world.ask('a', '/vectors/update', { id: 'fig', values: bagOfWords('kiwi') }, ofHash)
  expect(alone).toMatchObject({ status: 409, json: { code: 'conflict' } })
  await world.steer(id, 'rollback')
  await world.until(id, 'rolled_back')
  expect((await world.contents(1)).get('fig')?.values).toEqual(bagOfWords('fig'))
})

test('a key that is bound to a model names it, in our routes and in the vendor’s', async () => {
  await withRecords()
  const made = await world.staff('/tenants/acme/keys', { name: 'bot', model: 'hash' })
  expect(made.json.model).toBe('hash')
  const query = { vector: bagOfWords('pear'), topK: 1 }
  const door = await world.a.services.publicApp.request('/query', {
    method: 'POST',
    headers: { 'api-key': made.json.key, 'content-type': 'application/json' },
    body: JSON.stringify(query),
  })
  const found = (await door.json()) as { readonly matches: readonly { readonly id: string }[] }
  expect(found.matches[0]?.id).toBe('pear')
  const authorization = `Bearer ${made.json.key}`
  const own = { path: '/retrieve', authorization, body: query }
  expect((await world.a.public(own)).json.matches[0].id).toBe('pear')
  const other = await world.a.public({ ...own, headers: { 'x-embedding-model': 'small' } })
  expect(other.status).toBe(400)
})

test('vectors without a model in the last seven days refuse the move, and the plan counts them', async () => {
  await withRecords()
  await world.openShard()
  await world.ask('a', '/retrieve', { vector: bagOfWords('pear'), topK: 1 })
  const day = (daysAgo: number) => world.service.home.sql`
    insert into tenant_requests (tenant_id, day, requests, unnamed_vectors)
    values ('acme', (now() at time zone 'utc')::date - ${daysAgo}::int, 0, 3)
    on conflict (tenant_id, day) do update set unnamed_vectors = 3`
  await day(8)
  const plan = { kind: 'reembed', model: 'small', plan: true }
  expect((await world.staff('/tenants/acme/moves', plan)).json).toMatchObject({
    embedding: { unnamedVectors: 0 },
    refusals: [],
  })
  await day(6)
  const refused = await world.staff('/tenants/acme/moves', { kind: 'reembed', model: 'small' })
  expect([refused.status, refused.json.detail]).toEqual([409, expect.stringContaining('3 request(s)')])
  expect((await world.staff('/tenants/acme/moves', plan)).json.embedding.unnamedVectors).toBe(3)
})

test('a reembed is refused while a replica of version 0.1.0 is live, and begins once it is gone', async () => {
  await withRecords()
  await world.openShard()
  const { sql } = world.service.home
  // As that version opens its session.
  await sql`
    insert into sessions (id, host, expires_at, seen, applied, retired, doubt_until)
    select gen_random_uuid(), 'old-host', now() + interval '1 hour', tick, tick, tick, now() from routing_clock`
  const wanted = { kind: 'reembed', model: 'small' }
  const refused = await world.staff('/tenants/acme/moves', wanted)
  expect([refused.status, refused.json.detail]).toEqual([409, expect.stringContaining('running on old-host.')])
  const plan = await world.staff('/tenants/acme/moves', { ...wanted, plan: true })
  expect(plan.json.refusals).toMatchObject([{ code: 'conflict', message: refused.json.detail }])
  await sql`update sessions set expires_at = now() where host = 'old-host'`
  await world.until(await world.reembed(), 'soaking')
})

test.each(['old', 'new'] as const)(
  "a rollback of a reembed whose %s place's index is gone does not try for ever",
  async (gone) => {
    await withRecords()
    await world.openShard()
    const id = await world.reembed()
    const { source, target } = await world.until(id, 'soaking')
    const { stores } = world.a.services
    const { index } = gone === 'old' ? source : target
    await stores.deleteIndex('default', index)
    await expect.poll(() => stores.describeIndex('default', index)).toBeUndefined()
    await world.steer(id, 'rollback')
    if (gone === 'new') {
      await world.until(id, 'rolled_back')
      return
    }
    const seen = async () => (await world.staff(`/moves/${id}`)).json
    await expect.poll(async () => (await seen()).waitsFor?.kind).toBe('needs_person')
    const stopped = await seen()
    expect([stopped.state, stopped.requested]).toEqual(['soaking', null])
    expect(stopped.gate).toContain('The old place is gone, so there is no way back')
    expect(stopped.nextSteps.map(({ command }: { readonly command: string }) => command)).toContain(
      `tenant-router moves complete ${id}`,
    )
    await world.steer(id, 'complete')
    await world.until(id, 'completed')
  },
)
