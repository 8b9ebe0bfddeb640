import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listen } from '../../src/http/listen.ts'
import { runCli } from '../cli/run-cli.ts'
import { expectStatus } from '../support/expect-status.ts'
import { TwoReplicas } from '../support/two-replicas.ts'

let two: TwoReplicas
let as: Record<'platform' | 'sales', string>
beforeEach(async () => {
  two = await TwoReplicas.open({ STORE_VISIBLE_S: '1' }, { policyEveryMs: 50 })
  const { issuer } = two.service
  as = { platform: await issuer.staff('platform'), sales: await issuer.staff('sales') }
})
afterEach(() => two[Symbol.asyncDispose]())

const ask = (who: keyof typeof as, method: string, path: string, body?: unknown, to: 'a' | 'b' = 'a') =>
  two.replicas[to].admin({ method, path, authorization: as[who], body })
const tenant = async () => (await ask('sales', 'GET', '/tenants/acme', undefined, 'b')).json
const stateOf = async (id: string) => (await ask('platform', 'GET', `/moves/${id}`)).json.state
const until = (id: string, state: string) =>
  expect.poll(() => stateOf(id), { timeout: 60_000, interval: 50 }).toBe(state)
const begin = async (body: object) =>
  expectStatus(await ask('platform', 'POST', '/tenants/acme/moves', body), 202).json.id as string

test('a tag stays while another move is open, which says what is in the way, until when, and what to do', async () => {
  await two.upsert('a', 'one', {})
  const { name } = expectStatus(await ask('platform', 'POST', '/indexes', {}), 201).json
  const rebalance = await begin({ kind: 'rebalance', to: name })
  await until(rebalance, 'soaking')
  expectStatus(await ask('sales', 'PATCH', '/tenants/acme', { tier: 'enterprise' }), 200)
  const { retainUntil } = (await ask('platform', 'GET', `/moves/${rebalance}`)).json
  expect(await tenant()).toMatchObject({
    awaitingPromotion: true,
    awaitingSince: expect.stringMatching(/^2\d{3}-/),
    inTheWay: {
      move: rebalance,
      kind: 'rebalance',
      state: 'soaking',
      until: retainUntil,
      words: expect.stringContaining(`tenant-router moves complete ${rebalance}`),
    },
  })
  const { why } = (await ask('sales', 'GET', '/tenants/acme/route')).json
  expect(why).toContain('awaits promotion')
  expect(why).toContain(`keeps the former place until ${retainUntil}`)
  expectStatus(await ask('platform', 'POST', '/tenants/acme/moves', { kind: 'promote' }), 409)
  expect((await ask('sales', 'GET', '/tenants?awaitingPromotion=true')).json.items).toHaveLength(1)

  expectStatus(await ask('platform', 'POST', `/moves/${rebalance}/complete`), 202)
  await until(rebalance, 'completed')
  expect(await tenant()).toMatchObject({ awaitingPromotion: true, inTheWay: null })

  const hold = two.hold('copy: batch claimed')
  const promote = await begin({ kind: 'promote' })
  await hold.reached
  expect(await tenant()).toMatchObject({
    awaitingPromotion: false,
    awaitingSince: null,
    move: { id: promote, kind: 'promote' },
  })
  expectStatus(await ask('platform', 'POST', `/moves/${promote}/cancel`), 202)
  hold.release()
  await until(promote, 'cancelled')
  expect(await tenant()).toMatchObject({ tier: 'enterprise', awaitingPromotion: true, inTheWay: null })
})

test('advice lists it with what is in the way, and says when it last looked', async () => {
  await two.upsert('a', 'one', {})
  const { name } = expectStatus(await ask('platform', 'POST', '/indexes', {}), 201).json
  const hold = two.hold('copy: batch claimed')
  const rebalance = await begin({ kind: 'rebalance', to: name })
  await hold.reached
  expectStatus(await ask('sales', 'PATCH', '/tenants/acme', { tier: 'enterprise' }), 200)
  const advice = async () => (await ask('sales', 'GET', '/advice')).json
  await expect
    .poll(async () => (await advice()).items, { timeout: 60_000 })
    .toMatchObject([{ tenantId: 'acme', advice: 'promote', inTheWay: { move: rebalance, until: null } }])
  const first = (await advice()).lookedAt
  await expect.poll(async () => (await advice()).lookedAt > first, { timeout: 60_000 }).toBe(true)
  const listener = two.service.stack.use(await listen(two.replicas.a.services.adminApp, { host: '127.0.0.1', port: 0 }))
  const env = { TENANT_ROUTER_URL: listener.url, TENANT_ROUTER_TOKEN: as.sales.replace('Bearer ', '') }
  const { code, out, err } = await runCli(['advise'], env)
  expect([code, out, err]).toEqual([
    0,
    expect.stringContaining(`To promote before: tenant-router moves cancel ${rebalance}`),
    expect.stringMatching(/^Last look: 2\d{3}-.*Silos left: \d+\.\n$/),
  ])
  hold.release()
})

test('a suspension that a replica has not applied says so', async () => {
  const { sql } = two.service.home
  await sql`insert into sessions (id, expires_at, seen, applied)
    select ${randomUUID()}, now() + interval '1 hour', tick, tick from routing_clock`
  expect((await ask('platform', 'POST', '/tenants/acme/suspend')).json).toMatchObject({
    status: 'suspended',
    everywhereMs: null,
  })
})

test('tenants are found by an attribute', async () => {
  const attributes = { crmId: '0015-AbC', owner: 'Ann Lee' }
  expectStatus(await ask('sales', 'PATCH', '/tenants/acme', { attributes }), 200)
  const found = async (query: string) =>
    (await ask('sales', 'GET', `/tenants?${query}`)).json.items.map((one: { id: string }) => one.id)
  expect(await found('search=0015-abc')).toEqual(['acme'])
  expect(await found('search=ann%20l')).toEqual(['acme'])
  expect(await found('attribute=crmId:0015-AbC')).toEqual(['acme'])
  expect(await found('attribute=owner:Ann%20Lee')).toEqual(['acme'])
  expect(await found('attribute=crmId:0015')).toEqual([])
  expect(await found('search=nobody')).toEqual([])
  expectStatus(await ask('sales', 'GET', '/tenants?attribute=crmId'), 400)
})
