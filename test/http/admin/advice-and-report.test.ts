import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectStatus } from '../../support/expect-status.ts'
import { type ServiceReplica, ServiceWorld } from '../../support/service-world.ts'

let world: ServiceWorld
let replica: ServiceReplica
let staff: string
let app: string
beforeAll(async () => {
  world = await ServiceWorld.open()
  replica = await world.replica({}, { policyEveryMs: 50 })
  staff = await world.issuer.staff('platform')
  app = await world.onboard(replica, 'acme')
})
afterAll(() => world[Symbol.asyncDispose]())

const vector = (n: number) => Array.from({ length: 64 }, (_, i) => Math.sin((n + 1) * (i + 1)))
const advice = async (role = 'platform') =>
  replica.admin({ path: '/advice', authorization: await world.issuer.staff(role) })

test('a tenant that is tagged enterprise is advised to move up, until it is being moved', async () => {
  const before = (await advice()).json
  expect(before).toMatchObject({ items: [], nextCursor: null, silosLeft: 19 })
  // The first look may be over by now, or not.
  expect(before.lookedAt ?? '2000-01-01T00:00:00Z').toMatch(/^2\d{3}-.*Z$/)
  await replica.admin({ method: 'PATCH', path: '/tenants/acme', authorization: staff, body: { tier: 'enterprise' } })
  await expect
    .poll(async () => (await advice('sales')).json.items, { timeout: 60_000 })
    .toEqual([
      {
        tenantId: 'acme',
        advice: 'promote',
        reasons: ['its tier is enterprise'],
        since: expect.stringMatching(/^2\d{3}-/),
        inTheWay: null,
      },
    ])
})

test('advice is for staff alone', async () => {
  const asTenant = await replica.admin({ path: '/advice', authorization: app })
  const asNobody = await replica.admin({ path: '/advice' })
  expect([asTenant.status, asNobody.status]).toEqual([403, 401])
  const bad = await replica.admin({ path: '/advice?cursor=a/b', authorization: staff })
  expect([bad.status, bad.json.code]).toEqual([400, 'invalid_request'])
})

test('the report of a move has the queries that its tenant asked, replayed, and never shows them', async () => {
  const vectors = Array.from({ length: 30 }, (_, n) => ({ id: `r${n}`, values: vector(n) }))
  await replica.public({ path: '/vectors/upsert', authorization: app, body: { vectors } })
  for (const n of [1, 2, 3]) {
    const body = { vector: vector(n), topK: 5 }
    expectStatus(await replica.public({ path: '/retrieve', authorization: app, body }), 200)
  }
  const started = await replica.admin({
    path: '/tenants/acme/moves',
    authorization: staff,
    body: { kind: 'promote' },
  })
  const { id } = started.json
  const report = () => replica.admin({ path: `/moves/${id}/report`, authorization: staff })
  await expect.poll(async () => (await report()).status, { timeout: 60_000 }).toBe(200)
  const { json, text } = await report()
  expect(json.verification).toMatchObject({
    sourceRecords: 30,
    equal: 30,
    replayed: { queries: 3, meanOverlapAt10: 1, leastOverlapAt10: 1 },
  })
  expect(json.ranges).toMatchObject([{ firstId: 'r0', lastId: 'r9', records: 30 }])
  expect(text).not.toContain(String(vector(1)[0]))
  await expect.poll(async () => (await advice()).json.items, { timeout: 60_000 }).toEqual([])
})

test('a move that is not there has no report', async () => {
  const path = '/moves/018f3c2e-5f0a-7cc3-9d53-0c3f4b7a9e11/report'
  const answer = await replica.admin({ path, authorization: staff })
  expect([answer.status, answer.json.code]).toEqual([404, 'not_found'])
})

test('the events of a move tell its history and then the whole move, and go on after the last one', async () => {
  const [move] = (await replica.admin({ path: '/moves', authorization: staff })).json.items
  const path = `/moves/${move.id}`
  await expect
    .poll(async () => (await replica.admin({ path, authorization: staff })).json.state, { timeout: 60_000 })
    .toBe('soaking')
  await replica.admin({ method: 'POST', path: `${path}/complete`, authorization: staff })
  // The stream ends by itself with the move.
  const whole = framesOf((await replica.admin({ path: `${path}/events`, authorization: staff })).text)
  const states = whole.filter(({ event }) => event === 'state')
  expect(states.map(({ data }) => data.state).slice(-2)).toEqual(['completing', 'completed'])
  expect(whole.at(-1)).toMatchObject({ event: 'end', data: { state: 'completed' } })
  const after = states.at(-3)
  const headers = { 'last-event-id': String(after?.id) }
  const rest = framesOf((await replica.admin({ path: `${path}/events`, authorization: staff, headers })).text)
  expect(rest.map(({ event, data }) => [event, data.state])).toEqual([
    ['state', 'completing'],
    ['state', 'completed'],
    ['progress', 'completed'],
    ['end', 'completed'],
  ])
})

function framesOf(text: string) {
  return text
    .split('\n\n')
    .filter((frame) => frame.includes('data: '))
    .map((frame) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(frame)?.[1]
      return { id: field('id'), event: field('event'), data: JSON.parse(field('data') ?? '') }
    })
}
