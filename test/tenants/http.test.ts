import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { type ServiceReplica, ServiceWorld } from '../support/service-world.ts'

let world: ServiceWorld
let replica: ServiceReplica
let as: Record<'platform' | 'sales' | 'auditor', string>

beforeAll(async () => {
  world = await ServiceWorld.open()
  replica = await world.replica()
  const staff = async (role: string) => world.issuer.staff(role)
  as = { platform: await staff('platform'), sales: await staff('sales'), auditor: await staff('auditor') }
})
afterAll(() => world[Symbol.asyncDispose]())

const ask = (who: keyof typeof as, method: string, path: string, body?: unknown) =>
  replica.admin({ method, path, authorization: as[who], body })

const retrieve = (authorization: string) =>
  replica.public({ path: '/retrieve', authorization, body: { vector: Array(64).fill(0.1), topK: 1 } })

describe('POST /tenants', () => {
  const acme = { id: 'acme', name: 'Acme', tier: 'standard' }

  test('answers 201, then 200 for the same, and 409 for other content', async () => {
    const made = await ask('sales', 'POST', '/tenants', acme)
    expectStatus(made, 201)
    expect(made.headers.get('location')).toBe('/tenants/acme')
    expect(made.json).toMatchObject({
      id: 'acme',
      name: 'Acme',
      tier: 'standard',
      status: 'active',
      region: null,
      limits: {},
      attributes: {},
      awaitingPromotion: false,
      placement: { kind: 'pool', generation: 1 },
      move: null,
    })
    expectStatus(await ask('platform', 'POST', '/tenants', acme), 200)
    const other = await ask('sales', 'POST', '/tenants', { ...acme, name: 'Other' })
    expect(other).toMatchObject({ status: 409, json: { code: 'conflict' } })
    expect((await ask('auditor', 'GET', '/tenants/acme')).json).toEqual(made.json)
  })

  test('gives enterprise tenants a silo from the platform team, a pooled place from sales', async () => {
    const ours = await ask('platform', 'POST', '/tenants', { id: 'big', name: 'Big', tier: 'enterprise' })
    expect(ours.json).toMatchObject({ placement: { kind: 'silo' }, awaitingPromotion: false })
    const theirs = await ask('sales', 'POST', '/tenants', { id: 'huge', name: 'Huge', tier: 'enterprise' })
    expect(theirs.json).toMatchObject({ placement: { kind: 'pool' }, awaitingPromotion: true })
    expect((await ask('auditor', 'GET', '/tenants?awaitingPromotion=true')).json).toMatchObject({
      items: [{ id: 'huge' }],
      nextCursor: null,
    })
  })

  test('takes limits from the platform team alone', async () => {
    const limited = { id: 'limited', name: 'Limited', limits: { requestsPerMinute: 5 } }
    expect(await ask('sales', 'POST', '/tenants', limited)).toMatchObject({ status: 403, json: { code: 'forbidden' } })
    expectStatus(await ask('auditor', 'GET', '/tenants/limited'), 404)
    expect(await ask('platform', 'POST', '/tenants', limited)).toMatchObject({ status: 201, json: limited })
    expectStatus(await ask('sales', 'POST', '/tenants', { id: 'open', name: 'Open', limits: {} }), 201)
  })

  test.each([
    [{ id: 'x', name: 'Red \u001b[31m' }, 'name'],
    [{ id: 'x', name: 'Two\nlines' }, 'name'],
    [{ id: 'x', name: 'One byte \u009b31m' }, 'name'],
    [{ id: 'x', name: 'Turned \u202egnp.exe' }, 'name'],
    [{ id: 'x', name: 'X', attributes: { crm: 'a\tb' } }, 'attributes.crm'],
    [{ id: 'x', name: 'X', attributes: { 'a\u0007': 'b' } }, 'attributes'],
    [{ id: 'x', name: 'X', limits: { 'a\u0007': 1 } }, 'limits'],
  ])('refuses characters that a terminal obeys: %j', async (body, path) => {
    const answers = [await ask('platform', 'POST', '/tenants', body)]
    const { id: _, ...change } = body
    answers.push(await ask('platform', 'PATCH', '/tenants/acme', change))
    for (const { status, json } of answers) {
      expect(status).toBe(400)
      expect(JSON.stringify(json)).toContain(`"${path}`)
      expect(JSON.stringify(json)).toContain('control character')
    }
    expectStatus(await ask('platform', 'GET', '/tenants/x'), 404)
  })

  test('takes names of every script, with the joiners that they need', async () => {
    const body = { id: 'script', name: 'می‌خواهم 株式会社 👩‍💻 Łódź', attributes: { "owner's team": '☎ +49 30' } }
    expect(await ask('sales', 'POST', '/tenants', body)).toMatchObject({ status: 201, json: body })
  })

  test.each([
    [{ name: 'No id' }, 'id'],
    [{ id: 'a b', name: 'Space' }, 'id'],
    [{ id: 'x'.repeat(65), name: 'Long' }, 'id'],
    [{ id: 'x', name: '' }, 'name'],
    [{ id: 'x', name: 'X', tier: 'gold' }, 'tier'],
    [{ id: 'x', name: 'X', limits: { a: -1 } }, 'limits.a'],
    [{ id: 'x', name: 'X', region: 'Mars/1' }, 'region'],
    [{ id: 'x', name: 'X', nonsense: 1 }, 'nonsense'],
  ])('refuses %o and names the field', async (body, path) => {
    const answer = await ask('platform', 'POST', '/tenants', body)
    expectStatus(answer, 400)
    expect(JSON.stringify(answer.json)).toContain(`"${path}"`)
  })
})

test('a suspended tenant is not served, a resumed one is', async () => {
  await ask('sales', 'POST', '/tenants', { id: 'pause', name: 'Pause' })
  const token = await world.issuer.tenant('pause')
  const query = () => retrieve(token)
  expectStatus(await query(), 200)
  expect((await ask('platform', 'POST', '/tenants/pause/suspend')).json).toMatchObject({ status: 'suspended' })
  await expect.poll(async () => (await query()).status).toBe(403)
  await ask('platform', 'POST', '/tenants/pause/resume')
  await expect.poll(async () => (await query()).status).toBe(200)
})

test('an offboarded tenant is not served at once, and its receipt follows', async () => {
  await ask('sales', 'POST', '/tenants', { id: 'gone', name: 'Gone' })
  const token = await world.issuer.tenant('gone')
  const query = () => retrieve(token)
  expectStatus(await query(), 200)
  const going = await ask('platform', 'DELETE', '/tenants/gone')
  expect(going).toMatchObject({ status: 202, json: { status: 'offboarding' } })
  await expect.poll(async () => (await query()).status).toBe(403)
  await replica.services.tenantWork.settled()
  const gone = await ask('auditor', 'GET', '/tenants/gone')
  expect(gone.json).toMatchObject({ status: 'offboarded', placement: null, deletionReceipt: { documents: 0 } })
})

test('sales changes tier and name, and nothing else', async () => {
  await ask('sales', 'POST', '/tenants', { id: 'edit', name: 'Edit' })
  expect((await ask('sales', 'PATCH', '/tenants/edit', { tier: 'enterprise', name: 'Edited' })).json).toMatchObject({
    name: 'Edited',
    tier: 'enterprise',
    awaitingPromotion: true,
    placement: { kind: 'pool' },
  })
  const limits = { limits: { requestsPerMinute: 5 } }
  expect(await ask('sales', 'PATCH', '/tenants/edit', limits)).toMatchObject({
    status: 403,
    json: { code: 'forbidden' },
  })
  expect((await ask('platform', 'PATCH', '/tenants/edit', limits)).json).toMatchObject(limits)
  expectStatus(await ask('platform', 'PATCH', '/tenants/nobody', limits), 404)
})

test('indexes are listed for all staff and opened by the platform team', async () => {
  const opened = await ask('platform', 'POST', '/indexes', { namespaceLimit: 5 })
  expect(opened).toMatchObject({
    status: 201,
    json: { kind: 'pool', state: 'ready', namespaces: 0, limit: 5, fill: 0 },
  })
  const listed = await ask('sales', 'GET', '/indexes')
  expect(listed.json.items).toContainEqual(opened.json)
})

test('the route says where a tenant is and which limit is nearest', async () => {
  await ask('sales', 'POST', '/tenants', { id: 'where', name: 'Where' })
  const answer = await ask('auditor', 'GET', '/tenants/where/route')
  expect(answer).toMatchObject({
    status: 200,
    json: { tenantId: 'where', phase: 'steady', placement: { kind: 'pool' } },
  })
  expect(answer.json.nearestLimit.share).toBe(
    Math.max(...answer.json.limits.map((one: { share: number }) => one.share)),
  )
})

test('the audit is for the platform team and auditors', async () => {
  await ask('sales', 'POST', '/tenants', { id: 'seen', name: 'Seen' })
  const audit = await ask('auditor', 'GET', '/audit?tenantId=seen')
  expect(audit.json).toMatchObject({ items: [{ action: 'tenant.create', tenantId: 'seen' }], nextCursor: null })
})

test.each([
  ['auditor', 'POST', '/tenants'],
  ['auditor', 'PATCH', '/tenants/acme'],
  ['sales', 'DELETE', '/tenants/acme'],
  ['sales', 'POST', '/tenants/acme/suspend'],
  ['sales', 'POST', '/tenants/acme/resume'],
  ['sales', 'POST', '/indexes'],
  ['auditor', 'POST', '/indexes'],
  ['sales', 'GET', '/audit'],
] as const)('%s may not %s %s', async (who, method, path) => {
  expectStatus(await ask(who, method, path, method === 'GET' ? undefined : {}), 403)
})
