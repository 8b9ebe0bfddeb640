import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listAdvice } from '../../src/moves/advice/list-advice.ts'
import { policyRound, startPolicyRounds } from '../../src/moves/advice/policy-rounds.ts'
import { refreshAdvice } from '../../src/moves/advice/refresh-advice.ts'
import { cancelMove } from '../../src/moves/steer-move.ts'
import type { AutomaticMoves, Policy } from '../../src/policy/policy.ts'
import { RequestCounts } from '../../src/registry/usage/request-counts.ts'
import { holdRound } from '../support/hold-round.ts'
import { MoveWorld, platform } from '../support/move-world.ts'

let world: MoveWorld
beforeEach(async () => {
  world = await MoveWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

const policy: Policy = {
  promote: { enterprise: true, records: 100, requestsPerDay: 1000, attributes: {} },
  demote: { recordsBelow: 10, requestsPerDayBelow: 100 },
}
const automatic: AutomaticMoves = { movesPerDay: 2, afterHours: 0 }
const settings = { project: 'default', projectIndexLimit: 5, cloud: 'aws', region: 'us-east-1', indexPrefix: 'tr' }
const signal = new AbortController().signal
const round = (by: Policy, epochMs = Date.now) =>
  policyRound(
    { db: world.home.db, stores: world.store, settings, policy: by, log: pino({ level: 'silent' }), epochMs },
    signal,
  )
const advised = async () => (await listAdvice({ db: world.home.db, settings }, { limit: 50 })).items
const tag = (id: string) => world.home.sql`update tenants set tier = 'enterprise' where id = ${id}`
const moves = () => world.home.sql`select tenant_id, kind, created_by from moves order by created_at`

test('records are counted of who asked something, and a large tenant is advised to move up', async () => {
  const [large] = [await world.tenant('large', 120), await world.tenant('small', 5), await world.tenant('silent', 150)]
  const counts = world.stack.use(new RequestCounts(world.home.db))
  for (const id of [large, 'small' as typeof large]) counts.note(id, 200, 1, false)
  await counts.flush()
  await round(policy)
  expect(await world.home.sql`select tenant_id, records from tenant_sizes order by tenant_id`).toEqual([
    { tenant_id: 'large', records: 120 },
    { tenant_id: 'small', records: 5 },
  ])
  const [advice, ...others] = await advised()
  expect(advice).toMatchObject({ tenantId: 'large', advice: 'promote', reasons: ['it has 120 records (from 100 on)'] })
  expect(others).toEqual([])
  expect(await moves()).toEqual([])
})

test('requests of two replicas add up by the day, and a busy tenant is advised to move up', async () => {
  const busy = await world.tenant('busy', 1)
  const [a, b] = [new RequestCounts(world.home.db), new RequestCounts(world.home.db)]
  for (let n = 0; n < 4000; n += 1) {
    a.note(busy, 200, 1, false)
    b.note(busy, 200, 1, false)
  }
  await Promise.all([a[Symbol.asyncDispose](), b[Symbol.asyncDispose]()])
  expect(await world.home.sql`select requests from tenant_requests`).toEqual([{ requests: '8000' }])
  await round(policy)
  expect(await advised()).toMatchObject([
    { tenantId: 'busy', reasons: [expect.stringMatching(/1,143 requests a day/)] },
  ])
})

test('advice keeps its beginning while it is the same, and goes when its reason does or the tenant is moved', async () => {
  const acme = await world.tenant('acme', 1)
  await world.tenant('other', 1)
  await tag(acme)
  await tag('other')
  await refreshAdvice({ db: world.home.db, policy })
  const before = await advised()
  expect(before.map(({ tenantId }) => tenantId)).toEqual(['acme', 'other'])
  await refreshAdvice({ db: world.home.db, policy })
  expect(await advised()).toEqual(before)
  await world.home.sql`update tenants set tier = 'standard' where id = 'other'`
  await refreshAdvice({ db: world.home.db, policy })
  expect(await advised()).toEqual(before.slice(0, 1))
  await world.promote(acme)
  await refreshAdvice({ db: world.home.db, policy })
  expect(await advised()).toEqual([])
})

test('advice is listed by pages, with the silos that are left', async () => {
  for (const id of ['a', 'b', 'c']) await tag(await world.tenant(id, 0))
  await refreshAdvice({ db: world.home.db, policy })
  const deps = { db: world.home.db, settings }
  const first = await listAdvice(deps, { limit: 2 })
  expect([first.items.map(({ tenantId }) => tenantId), first.silosLeft]).toEqual([['a', 'b'], 4])
  const second = await listAdvice(deps, { limit: 2, cursor: first.nextCursor ?? '' })
  expect([second.items.map(({ tenantId }) => tenantId), second.nextCursor]).toEqual([['c'], null])
})

test('a policy promotes automatically: at most its cap a day, the longest advised first, with its reasons in the audit', async () => {
  for (const id of ['a', 'b', 'c']) await tag(await world.tenant(id, 0))
  await round(policy)
  await world.home.sql`update advice set since = since - interval '1 day' where tenant_id = 'c'`
  expect(await round({ ...policy, automatic })).toBe(2)
  expect(await moves()).toEqual([
    { tenant_id: 'c', kind: 'promote', created_by: 'system:policy' },
    { tenant_id: 'a', kind: 'promote', created_by: 'system:policy' },
  ])
  expect(await round({ ...policy, automatic })).toBe(0)
  const deeds = await world.home
    .sql`select actor, tenant_id, detail from audit where action = 'policy.promote' order by id`
  expect(deeds).toMatchObject([
    { actor: 'system:policy', tenant_id: 'c', detail: { reasons: ['its tier is enterprise'] } },
    { actor: 'system:policy', tenant_id: 'a', detail: { reasons: ['its tier is enterprise'] } },
  ])
})

test('nothing is promoted before the advice has stood, outside of the window, or without a silo left', async () => {
  await tag(await world.tenant('acme', 0))
  const window = { days: ['sat'], from: '22:00', to: '04:00', timeZone: 'UTC' } as const
  expect(await round({ ...policy, automatic: { ...automatic, afterHours: 24 } })).toBe(0)
  const at = (text: string) => () => Date.parse(text)
  const nightly = { ...policy, automatic: { ...automatic, window } }
  expect(await round(nightly, at('2026-11-21T12:00:00Z'))).toBe(0)
  const full = { ...settings, projectIndexLimit: 1 }
  const deps = { db: world.home.db, stores: world.store, policy: nightly, log: pino({ level: 'silent' }) }
  const inTime = { epochMs: at('2026-11-22T01:00:00Z') }
  expect(await policyRound({ ...deps, ...inTime, settings: full }, signal)).toBe(0)
  expect(await policyRound({ ...deps, ...inTime, settings }, signal)).toBe(1)
})

test('a tenant whose move a person has cancelled is left to people', async () => {
  const acme = await world.tenant('acme', 0)
  await tag(acme)
  await round({ ...policy, automatic })
  const [move] = await world.home.sql<{ id: string }[]>`select id from moves`
  if (move === undefined) throw new Error('the policy has begun one')
  await cancelMove(world.home, platform, move.id)
  await world.replica()
  await world.until(move.id, 'cancelled')
  expect(await round({ ...policy, automatic })).toBe(0)
  expect(await advised()).toMatchObject([{ tenantId: 'acme', advice: 'promote' }])
})

test('replicas take turns: while one is at it, another does nothing', async () => {
  await tag(await world.tenant('acme', 0))
  await holdRound(world.home.sql, 'policy')
  expect(await round({ ...policy, automatic })).toBe(0)
  expect(await advised()).toEqual([])
  await world.home.sql`delete from round_leases`
  const deps = { db: world.home.db, stores: world.store, settings, log: pino({ level: 'silent' }) }
  await using _ = startPolicyRounds({ ...deps, policy: { ...policy, automatic } }, { everyMs: 10 })
  await expect.poll(moves, { timeout: 60_000 }).toHaveLength(1)
})

test('a tenant that is tagged while another move of it is open is advised at once', async () => {
  const acme = await world.tenant('acme', 5)
  await world.home.sql`insert into moves (tenant_id, kind, state, source_place_id, retain_until, created_by)
    select ${acme}, 'rebalance', 'copying', active_place_id, now() + interval '3 days', 'someone' from routing where tenant_id = ${acme}`
  await tag(acme)
  await round(policy)
  // The tag is not lost while another move is open: the advice says what is in the way.
  expect(await advised()).toMatchObject([{ tenantId: 'acme', inTheWay: { kind: 'rebalance', state: 'copying' } }])
  await world.home.sql`update moves set state = 'soaking'`
  await round(policy)
  expect(await advised()).toMatchObject([{ tenantId: 'acme', advice: 'promote', reasons: ['its tier is enterprise'] }])
})
