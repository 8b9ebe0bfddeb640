import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { bagOfWords } from '../support/hash-embedder.ts'
import { DoorWorld } from './door-world.ts'

let world: DoorWorld
let key: string

beforeAll(async () => {
  world = await DoorWorld.open()
  key = await world.key('acme')
  expect((await upsert('kept')).status).toBe(200)
})
/** Ends every fault, and waits until the router asks the store again: after ten failures in a row it pauses. */
async function heal(): Promise<void> {
  world.service.local.local.setFaults({ lagMs: 0, rules: [] })
  const ask = async () => (await world.send(key, 'POST', '/query', { vector: bagOfWords('kept'), topK: 1 })).status
  await expect.poll(ask).toBe(200)
}
beforeEach(heal)
afterAll(() => world[Symbol.asyncDispose]())

const upsert = (id: string) =>
  world.send(key, 'POST', '/vectors/upsert', { vectors: [{ id, values: bagOfWords(id), metadata: { text: id } }] })
const reasonOf = ({ details }: { details: { reason: string }[] }) => details[0]?.reason

test('a write whose fate nobody knows is told so, and is not done twice by the router', async () => {
  world.service.local.local.setFaults({ rules: [{ fault: 'reset', when: 'after', on: 'upsert' }] })
  const answer = await upsert('perhaps')
  expect([answer.status, answer.json.code, reasonOf(answer.json)]).toEqual([504, 4, 'OUTCOME_UNKNOWN'])
  world.service.local.local.setFaults({ rules: [] })
  const { json } = await world.send(key, 'GET', '/vectors/fetch?ids=perhaps')
  expect(Object.keys(json.vectors)).toEqual(['perhaps'])
})

test('a store that is busy or away is no empty answer', async () => {
  const reads = [
    ['POST', '/query', { vector: bagOfWords('kept'), topK: 1 }],
    ['GET', '/vectors/fetch?ids=kept', undefined],
    ['GET', '/vectors/list', undefined],
    ['POST', '/vectors/fetch_by_metadata', { filter: { text: 'kept' } }],
    ['POST', '/describe_index_stats', {}],
    ['GET', '/namespaces', undefined],
  ] as const
  for (const [status, reason] of [
    [503, 'STORE_UNAVAILABLE'],
    [429, 'STORE_BUSY'],
  ] as const) {
    await heal()
    world.service.local.local.setFaults({ rules: [{ fault: 'error', status, on: ['reads', 'namespaces'] }] })
    for (const [method, path, body] of reads) {
      const answer = await world.send(key, method, path, body)
      expect([path, answer.status, answer.json.code, reasonOf(answer.json)]).toEqual([path, 503, 14, reason])
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    }
  }
})

test('no words of the store that are passed on name the place', async () => {
  const [place] = await world.service.home.sql`
    select namespace, index_name as index, host from places join indexes on indexes.id = index_id
    where places.tenant_id = 'acme'`
  const { namespace, index, host } = place as unknown as Record<string, string>
  const message = `Namespace '${namespace}' of ${index} at ${host}: deletion protection; not ${namespace}-like`
  for (const status of [400, 403, 409, 422]) {
    world.service.local.local.setFaults({ rules: [{ fault: 'error', status, message, on: ['reads', 'writes'] }] })
    const answers = [
      await upsert('kept'),
      await world.send(key, 'POST', '/query', { id: 'kept', topK: 1 }),
      await world.send(key, 'GET', '/vectors/list'),
      await world.send(key, 'POST', '/vectors/update', { filter: { a: 1 }, dryRun: true }),
    ]
    for (const { json } of answers) {
      expect([status, json.message]).toEqual([
        status,
        expect.stringMatching(
          /: Namespace '\*\*\*' of \*\*\* at \*\*\*: deletion protection; not tenant_acme_g1-like$/,
        ),
      ])
    }
  }
})

test('a place that has lost its records is a fault, not an empty result', async () => {
  const authorization = await world.service.issuer.tenant('globex')
  const put = { method: 'PUT', path: '/documents/a', authorization, body: { text: 'Something to lose.' } }
  expect((await world.replicas[0]?.public(put))?.status).toBe(201)
  await world.service.home.sql`update documents set updated_at = now() - interval '1 hour' where tenant_id = 'globex'`
  const theirs = await world.key('globex')
  const [place] = await world.service.home.sql`
    select namespace, host from places join indexes on indexes.id = index_id where places.tenant_id = 'globex'`
  await fetch(`${place?.host}/namespaces/${place?.namespace}`, { method: 'DELETE', headers: { 'api-key': 'x' } })
  for (const [method, path, body] of [
    ['POST', '/query', { vector: bagOfWords('lose'), topK: 1 }],
    ['GET', '/vectors/list', undefined],
    ['POST', '/vectors/fetch_by_metadata', { filter: { text: 'a' } }],
    ['GET', '/describe_index_stats', undefined],
  ] as const) {
    const answer = await world.send(theirs, method, path, body)
    expect([path, answer.status, reasonOf(answer.json)]).toEqual([path, 503, 'STORE_INCONSISTENT'])
  }
})

test('a suspended tenant is told so in the vendor’s form', async () => {
  await world.staff('/tenants', { id: 'brief', name: 'Brief' })
  const brief = await world.key('brief')
  expect((await world.send(brief, 'GET', '/vectors/list')).status).toBe(200)
  await world.staff('/tenants/brief/suspend', {})
  await expect.poll(async () => (await world.send(brief, 'GET', '/vectors/list')).status, { timeout: 60_000 }).toBe(403)
  const answer = await world.send(brief, 'GET', '/vectors/list')
  expect([answer.json.code, reasonOf(answer.json)]).toEqual([7, 'TENANT_SUSPENDED'])
})

test('a tenant’s own limits hold through this door, in the vendor’s form', async () => {
  await world.staff('/tenants', { id: 'small', name: 'Small', limits: { requestsPerMinute: 2 } })
  const small = await world.key('small')
  const answers = []
  for (let sent = 0; sent < 4; sent += 1) answers.push(await world.send(small, 'GET', '/vectors/list'))
  const refused = answers.find(({ status }) => status === 429)
  expect([refused?.json.code, reasonOf(refused?.json)]).toEqual([8, 'QUOTA_EXCEEDED'])
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
})
