import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, type ServiceReplica, ServiceWorld } from '../support/service-world.ts'

let world: ServiceWorld
let replicas: readonly ServiceReplica[]
let platform: string

beforeAll(async () => {
  world = await ServiceWorld.open()
  replicas = [await world.replica(), await world.replica()]
  platform = await world.issuer.staff('platform')
  for (const id of ['acme', 'globex']) {
    await staff('/tenants', { id, name: id })
    const put = { method: 'PUT', path: '/documents/word', body: { text: `The word of ${id}.` } }
    await replica(0).public({ ...put, authorization: await world.issuer.tenant(id) })
  }
})
afterAll(() => world[Symbol.asyncDispose]())

const replica = (at: number) => replicas[at] as ServiceReplica

async function staff(path: string, body?: unknown, method?: string): Promise<Answer> {
  const ask = { path, authorization: platform, ...(body !== undefined && { body }), ...(method && { method }) }
  return replica(0).admin(ask)
}

async function keyOf(tenantId: string, wanted: object = {}): Promise<{ id: string; key: string }> {
  const made = await staff(`/tenants/${tenantId}/keys`, wanted)
  expect([made.status, made.json.key]).toEqual([201, expect.stringMatching(/^trk_[a-z0-9]{16}_[a-f0-9]{64}$/)])
  return made.json
}

const question = { query: 'word', topK: 10 }
const asBearer = (key: string, at = 0, ask: object = { path: '/retrieve', body: question }) =>
  replica(at).public({ path: '/retrieve', authorization: `Bearer ${key}`, ...ask })
const asApiKey = (key: string, at = 0) =>
  replica(at).public({ path: '/retrieve', headers: { 'api-key': key }, body: question })

/** Waits until a replica refuses a key; the test's own time limit ends it otherwise. */
async function untilRefused(key: string, at: number): Promise<Answer> {
  for (;;) {
    const answer = await asBearer(key, at)
    if (answer.status === 401) return answer
    await sleep(20)
  }
}

test('a key serves its tenant’s app on every replica, in either header, and reaches no other tenant', async () => {
  for (const tenantId of ['acme', 'globex']) {
    const { key } = await keyOf(tenantId)
    for (const at of [0, 1]) {
      for (const answer of [await asBearer(key, at), await asApiKey(key, at)]) {
        expect(answer.status).toBe(200)
        expect(answer.json.matches.map(({ text }: { text: string }) => text)).toEqual([`The word of ${tenantId}.`])
      }
    }
  }
})

test('a token beside a key authenticates alone', async () => {
  const { key } = await keyOf('acme')
  const authorization = await world.issuer.tenant('globex')
  const both = { path: '/retrieve', authorization, headers: { 'api-key': key }, body: question }
  expect((await replica(0).public(both)).text).toContain('The word of globex.')
  const refused = await replica(0).public({ ...both, authorization: 'Bearer nonsense' })
  expect(refused.status).toBe(401)
})

test('a token is taken as `Api-Key` too', async () => {
  const token = (await world.issuer.tenant('acme')).slice('Bearer '.length)
  expect((await asApiKey(token)).text).toContain('The word of acme.')
})

test('a key has the scopes and groups that it was given', async () => {
  const put = { method: 'PUT', path: '/documents/hidden', body: { text: 'A word of the board.' } }
  const reader = await keyOf('acme', { scopes: ['rag:read'] })
  expect((await asBearer(reader.key, 0, put)).json).toMatchObject({ status: 403, code: 'forbidden' })
  const writer = await keyOf('acme')
  const body = { ...put.body, metadata: { visibility: ['board'] } }
  expect((await asBearer(writer.key, 0, { ...put, body })).status).toBe(201)
  const member = await keyOf('acme', { groups: ['board'] })
  const outsider = await keyOf('acme', { groups: [] })
  expect((await asBearer(member.key)).text).toContain('A word of the board.')
  expect((await asBearer(outsider.key)).text).not.toContain('A word of the board.')
  const remove = { method: 'DELETE', path: '/documents/hidden' }
  expect((await asBearer(outsider.key, 0, remove)).status).toBe(404)
  expect((await asBearer(member.key, 0, remove)).status).toBe(204)
})

test('a key is no staff credential, in neither header', async () => {
  const { key } = await keyOf('acme')
  const asked = await replica(0).admin({ path: '/tenants', authorization: `Bearer ${key}` })
  expect([asked.status, asked.json.code]).toEqual([403, 'forbidden'])
  const token = platform.slice('Bearer '.length)
  const bare = await replica(0).admin({ path: '/tenants', headers: { 'api-key': token } })
  expect(bare.status).toBe(401)
})

test('the secret is shown once and stored nowhere, also with an Idempotency-Key', async () => {
  const made = await replica(0).admin({
    path: '/tenants/acme/keys',
    authorization: platform,
    headers: { 'idempotency-key': '"once"' },
    body: { name: 'once' },
  })
  const secret = made.json.key.split('_')[2]
  const tables = await world.home
    .sql`select table_name as name from information_schema.tables where table_schema = 'public'`
  for (const { name } of tables) {
    const rows = await world.home.sql`select t::text as row from ${world.home.sql(name)} t`
    for (const { row } of rows) expect(row).not.toContain(secret)
  }
  for (const path of ['/tenants/acme/keys', `/tenants/acme/keys/${made.json.id}`, '/audit']) {
    const shown = await staff(path)
    expect([shown.status, shown.text.includes(made.json.id)]).toEqual([200, true])
    expect(shown.text).not.toContain(secret)
  }
})

test('whatever is wrong with a key is a 401, and unknown and wrong secrets are told alike', async () => {
  const { id, key } = await keyOf('acme')
  const wrong = `trk_${id}_${'0'.repeat(64)}`
  const unknown = `trk_${'0'.repeat(16)}_${'0'.repeat(64)}`
  const [left, right] = [await asBearer(wrong), await asBearer(unknown)]
  expect([left.status, left.json.detail]).toEqual([401, right.json.detail])
  for (const text of ['trk_', `${key}0`, key.slice(0, -1), `trk_${id}`, key.toUpperCase()]) {
    expect([text, (await asBearer(text)).status]).toEqual([text, 401])
  }
})

test('a revoked key is refused on every replica, the others go on', async () => {
  const [gone, kept] = [await keyOf('acme'), await keyOf('acme')]
  for (const at of [0, 1]) expect((await asBearer(gone.key, at)).status).toBe(200)
  const path = `/tenants/acme/keys/${gone.id}`
  expect((await staff(path, undefined, 'DELETE')).json).toMatchObject({ id: gone.id, state: 'revoked' })
  for (const at of [0, 1]) expect((await untilRefused(gone.key, at)).json.detail).toContain('revoked')
  for (const at of [0, 1]) expect((await asBearer(kept.key, at)).status).toBe(200)
  const again = await staff(path, undefined, 'DELETE')
  expect([again.status, again.json.state]).toEqual([200, 'revoked'])
})

test('a rotated key works for the overlap, and its successor has its scopes and groups', async () => {
  const old = await keyOf('acme', { scopes: ['rag:read'], groups: ['board'], name: 'bot' })
  const rotate = (overlapS: number) => staff(`/tenants/acme/keys/${old.id}/rotate`, { overlapS })
  const made = await rotate(3_600)
  expect([made.status, made.json]).toEqual([
    201,
    expect.objectContaining({ scopes: ['rag:read'], groups: ['board'], name: 'bot', rotatedFrom: old.id }),
  ])
  for (const at of [0, 1]) {
    for (const key of [old.key, made.json.key]) expect((await asBearer(key, at)).status).toBe(200)
  }
  expect((await rotate(0)).status).toBe(201)
  for (const at of [0, 1]) expect((await untilRefused(old.key, at)).json.detail).toContain('expired')
  const late = await rotate(0)
  expect([late.status, late.json.code]).toEqual([409, 'conflict'])
})

test('an expired key is refused', async () => {
  const { id, key } = await keyOf('acme', { expiresInS: 3_600 })
  expect((await asBearer(key, 1)).status).toBe(200)
  await world.home.sql`update tenant_keys set expires_at = now() - interval '1 second' where id = ${id}`
  expect((await asBearer(key, 0)).status).toBe(401)
  expect((await staff(`/tenants/acme/keys/${id}`)).json.state).toBe('expired')
})

test('another tenant’s key is not found under a tenant, nor is one that never was', async () => {
  const { id, key } = await keyOf('acme')
  for (const [path, method] of [
    [`/tenants/globex/keys/${id}`, 'GET'],
    [`/tenants/globex/keys/${id}`, 'DELETE'],
    [`/tenants/globex/keys/${id}/rotate`, 'POST'],
    ['/tenants/nobody/keys', 'GET'],
  ] as const) {
    const answer = await staff(path, method === 'POST' ? {} : undefined, method)
    expect([path, method, answer.status]).toEqual([path, method, 404])
  }
  expect((await asBearer(key)).status).toBe(200)
})

describe('a tenant’s end', () => {
  test('ends its keys for good, also when its id is used again', async () => {
    await staff('/tenants', { id: 'brief', name: 'Brief' })
    const { key } = await keyOf('brief')
    expect((await asBearer(key, 1)).status).toBe(200)
    await staff('/tenants/brief/suspend', {}, 'POST')
    await expect.poll(async () => (await asBearer(key, 1)).json.code, { timeout: 60_000 }).toBe('tenant_suspended')
    await staff('/tenants/brief', undefined, 'DELETE')
    await expect.poll(async () => (await staff('/tenants/brief')).json.status, { timeout: 60_000 }).toBe('offboarded')
    expect((await staff('/tenants/brief/keys', {})).json.code).toBe('conflict')
    expect((await staff('/tenants', { id: 'brief', name: 'Brief' })).status).toBe(201)
    for (const at of [0, 1]) expect((await untilRefused(key, at)).status).toBe(401)
  })
})

test('the last use is shown', async () => {
  const { id, key } = await keyOf('globex')
  const third = await world.replica()
  await third.public({ path: '/retrieve', authorization: `Bearer ${key}`, body: question })
  expect((await staff(`/tenants/globex/keys/${id}`)).json.lastUsedAt).toBeNull()
  await third.services[Symbol.asyncDispose]()
  expect((await staff(`/tenants/globex/keys/${id}`)).json.lastUsedAt).toEqual(expect.any(String))
})
