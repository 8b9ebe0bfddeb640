import { expect, test } from 'vitest'
import { insuredPermits, type OnError } from '../../src/limits/insured-permits.ts'
import { memoryPermits } from '../../src/limits/memory-permits.ts'
import type { PermitSource } from '../../src/limits/permit-source.ts'
import { defaultTierLimits } from '../../src/limits/quotas.ts'
import { TenantGate } from '../../src/limits/tenant-gate.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { ManualClock } from '../support/manual-clock.ts'

const acme = parseTenantId('acme')

function gateWith(source: PermitSource, clock: ManualClock): TenantGate {
  const limits = { ...defaultTierLimits.standard, requestsPerMinute: 100 }
  return new TenantGate({
    source,
    clock,
    slots: 10,
    writes: { slots: 10, ofTenant: 5 },
    byTier: { standard: limits, enterprise: limits },
    find: () => ({ tier: 'standard' }),
  })
}

async function admitted(gate: TenantGate, count: number): Promise<number> {
  let some = 0
  for (let i = 0; i < count; i += 1) {
    const turn = await gate.admit(acme)
    if (turn.refused === undefined) some += 1
    turn.end()
  }
  return some
}

/** Postgres, in words: it can be away, and says that four replicas share the limits. */
function switchable() {
  const memory = memoryPermits()
  const state = { away: false, asked: 0 }
  const source: PermitSource = {
    async take(asks) {
      state.asked += 1
      if (state.away) throw new Error('connection refused')
      return { ...(await memory.take(asks)), replicas: 4 }
    },
  }
  return { state, source }
}

function world(onError: OnError) {
  const clock = new ManualClock()
  const { state, source } = switchable()
  return { clock, state, gate: gateWith(insuredPermits(source, { onError, clock }), clock) }
}

test('while Postgres is unavailable each replica keeps to its share, and soon after to the limit again', async () => {
  const { clock, state, gate } = world('insurance')
  expect(await admitted(gate, 10)).toBe(10)
  clock.advance(60_000)
  state.away = true
  expect(await admitted(gate, 100)).toBe(25)
  const { asked } = state
  expect(await admitted(gate, 100)).toBe(0)
  expect(state.asked).toBe(asked) // it is left alone for a while
  state.away = false
  clock.advance(60_000)
  await admitted(gate, 1) // nobody waits for the first try
  clock.advance(60_000)
  expect(await admitted(gate, 200)).toBe(100)
})

test('it can be open instead, or closed', async () => {
  const open = world('open')
  open.state.away = true
  expect(await admitted(open.gate, 300)).toBe(300)
  const closed = world('closed')
  closed.state.away = true
  await expect(closed.gate.admit(acme)).rejects.toMatchObject({ code: 'registry_unavailable' })
})

test('in memory, one replica keeps the limit exactly', async () => {
  const clock = new ManualClock()
  const gate = gateWith(memoryPermits(), clock)
  expect(await admitted(gate, 250)).toBe(100)
  clock.advance(60_000)
  expect(await admitted(gate, 250)).toBe(100)
})
