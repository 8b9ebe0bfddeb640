import { afterAll, beforeAll, expect, test } from 'vitest'
import { insuredPermits } from '../../src/limits/insured-permits.ts'
import type { PermitSource } from '../../src/limits/permit-source.ts'
import { postgresPermits } from '../../src/limits/postgres-permits.ts'
import { type LimitName, type LimitValues, limitNames } from '../../src/limits/quotas.ts'
import { TenantGate } from '../../src/limits/tenant-gate.ts'
import { parseTenantId, type TenantId } from '../../src/placement/tenant-id.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { ManualClock } from '../support/manual-clock.ts'

let home: TestDatabase
const stack = new AsyncDisposableStack()

beforeAll(async () => {
  home = stack.use(await testDatabase())
  // As many sessions as replicas: they share what may be used unasked.
  for (let i = 0; i < 2; i += 1) {
    await home.sql`insert into sessions (id, expires_at, seen, applied) values (gen_random_uuid(), now() + interval '1 day', 0, 0)`
  }
})
afterAll(() => stack.disposeAsync())

function unlimited(own: Partial<Record<LimitName, number>>): LimitValues {
  const none = Object.fromEntries(limitNames.map((name) => [name, Number.POSITIVE_INFINITY])) as unknown as LimitValues
  return { ...none, ...own }
}

interface World {
  readonly clock: ManualClock
  readonly gates: readonly [TenantGate, TenantGate]
  /** Statements that went to Postgres. */
  readonly exchanges: () => number
}

function twoReplicas(own: Partial<Record<LimitName, number>>): World {
  const clock = new ManualClock()
  let exchanges = 0
  const postgres = postgresPermits(home)
  const counted: PermitSource = {
    take(asks) {
      exchanges += 1
      return postgres.take(asks)
    },
  }
  const limits = unlimited(own)
  const gate = () =>
    new TenantGate({
      source: insuredPermits(counted, { onError: 'closed', clock }),
      byTier: { standard: limits, enterprise: limits },
      find: () => ({ tier: 'standard' }),
      slots: 100,
      writes: { slots: 10, ofTenant: 5 },
      clock,
    })
  return { clock, gates: [gate(), gate()], exchanges: () => exchanges }
}

/** The number of `count` requests that are admitted. */
async function ask(gate: TenantGate, tenantId: TenantId, count: number): Promise<number> {
  let admitted = 0
  for (let i = 0; i < count; i += 1) {
    const turn = await gate.admit(tenantId)
    if (turn.refused === undefined) admitted += 1
    turn.end()
  }
  return admitted
}

/** Traffic of a window in steps: how many requests come to the first and the second replica in each. */
async function traffic(
  world: World,
  tenantId: TenantId,
  stepMs: number,
  steps: readonly (readonly [number, number])[],
) {
  const { clock, gates } = world
  let admitted = 0
  for (const [first, second] of steps) {
    admitted += await ask(gates[0], tenantId, first)
    admitted += await ask(gates[1], tenantId, second)
    clock.advance(stepMs)
    for (const gate of gates) await gate.reportAndRefill()
  }
  return admitted
}

const steps = (count: number, at: (step: number) => readonly [number, number]) =>
  Array.from({ length: count }, (_, i) => at(i))

test.each([
  ['spread evenly', 'even', () => [30, 30] as const],
  ['nearly all on one', 'one', () => [58, 2] as const],
  ['first on one and then on the other', 'turn', (i: number) => (i < 25 ? ([60, 0] as const) : ([0, 60] as const))],
])('two replicas together keep a limit by the minute within 2 %%, with the traffic %s', async (_, id, at) => {
  const world = twoReplicas({ requestsPerMinute: 2_000 })
  const tenantId = parseTenantId(`minute-${id}`)
  for (const _window of [1, 2]) {
    const admitted = await traffic(world, tenantId, 600, steps(100, at))
    expect(admitted).toBeGreaterThanOrEqual(1_960)
    expect(admitted).toBeLessThanOrEqual(2_040)
  }
  // 12,000 requests were answered: nearly all of them without Postgres.
  expect(world.exchanges()).toBeLessThan(1_500)
})

test('two replicas together keep a limit by the second within 2 %', async () => {
  const world = twoReplicas({ requestsPerSecond: 500 })
  const tenantId = parseTenantId('second')
  for (const _window of [1, 2, 3]) {
    const admitted = await traffic(
      world,
      tenantId,
      50,
      steps(20, () => [40, 20]),
    )
    expect(admitted).toBeGreaterThanOrEqual(490)
    expect(admitted).toBeLessThanOrEqual(510)
  }
})

test('a small limit is kept exactly, whoever is asked', async () => {
  const world = twoReplicas({ requestsPerMinute: 7 })
  expect(
    await traffic(
      world,
      parseTenantId('small'),
      1_000,
      steps(20, () => [1, 1]),
    ),
  ).toBe(7)
})

test('what one tenant uses is not counted for another', async () => {
  const world = twoReplicas({ requestsPerMinute: 100 })
  const [noisy, quiet] = [parseTenantId('noisy'), parseTenantId('quiet')]
  expect(await ask(world.gates[0], noisy, 300)).toBe(100)
  expect(await ask(world.gates[1], noisy, 10)).toBe(0)
  expect(await ask(world.gates[1], quiet, 40)).toBe(40)
  expect(await ask(world.gates[0], quiet, 60)).toBe(60)
})

test('what a replica holds and does not use comes back to the other', async () => {
  const { clock, gates } = twoReplicas({ requestsPerMinute: 1_000 })
  const tenantId = parseTenantId('returns')
  // Makes the first one expect much.
  for (let i = 0; i < 10; i += 1) {
    await ask(gates[0], tenantId, 40)
    clock.advance(100)
    await gates[0].reportAndRefill()
  }
  let admitted = 400
  for (let i = 0; i < 40; i += 1) {
    admitted += await ask(gates[1], tenantId, 50)
    clock.advance(1_000)
    for (const gate of gates) await gate.reportAndRefill()
  }
  expect(admitted).toBe(1_000)
})

test('a tenant far from wide limits costs hardly a statement', async () => {
  const world = twoReplicas({ requestsPerSecond: 10_000, requestsPerMinute: 300_000, requestsPerDay: 100_000_000 })
  expect(
    await traffic(
      world,
      parseTenantId('calm'),
      500,
      steps(100, () => [2, 1]),
    ),
  ).toBe(300)
  expect(world.exchanges()).toBeLessThan(60)
})
