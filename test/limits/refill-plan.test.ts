import { describe, expect, test } from 'vitest'
import { newQuotaWindow, type QuotaWindow } from '../../src/limits/quota-window.ts'
import { type RefillPlan, refillPlan } from '../../src/limits/refill-plan.ts'

const times = { horizonMs: 100, lazyMs: 1_000 }
const nothing = { kind: 'nothing' }
const within = 50
const earlier = 500
const longAgo = 2_000

interface Case {
  readonly what: string
  readonly quietMs: number
  readonly window?: Partial<QuotaWindow>
  readonly soon: number
  readonly credit: number
  readonly plan: RefillPlan | typeof nothing
}

const cases: readonly Case[] = [
  { what: 'a debt within a horizon waits', quietMs: within, window: { debt: 50 }, soon: 9, credit: 10, plan: nothing },
  {
    what: 'a surplus within a horizon waits',
    quietMs: within,
    window: { held: 50 },
    soon: 0,
    credit: 10,
    plan: nothing,
  },
  { what: 'a small debt waits', quietMs: earlier, window: { debt: 5 }, soon: 0, credit: 10, plan: nothing },
  {
    what: 'a small old debt is reported',
    quietMs: longAgo,
    window: { debt: 5 },
    soon: 0,
    credit: 10,
    plan: { kind: 'ask', want: 0 },
  },
  {
    what: 'a large debt is reported',
    quietMs: earlier,
    window: { debt: 6 },
    soon: 9,
    credit: 10,
    plan: { kind: 'ask', want: 9 },
  },
  {
    what: 'what is not needed soon is given back',
    quietMs: earlier,
    window: { held: 21 },
    soon: 10,
    credit: 0,
    plan: { kind: 'giveBack', surplus: 11 },
  },
  {
    what: 'twice what is needed soon is kept',
    quietMs: earlier,
    window: { held: 20 },
    soon: 10,
    credit: 0,
    plan: nothing,
  },
  {
    what: 'half of what is needed is enough',
    quietMs: earlier,
    window: { held: 5 },
    soon: 10,
    credit: 0,
    plan: nothing,
  },
  {
    what: 'less than half is filled up',
    quietMs: earlier,
    window: { held: 4 },
    soon: 10,
    credit: 0,
    plan: { kind: 'ask', want: 10 },
  },
  {
    what: 'an empty window is not asked',
    quietMs: earlier,
    window: { held: 4, left: 0 },
    soon: 10,
    credit: 0,
    plan: nothing,
  },
  { what: 'a rate within the credit needs none', quietMs: earlier, soon: 5, credit: 10, plan: nothing },
]

describe('what a replica does about a quota that nobody waits for', () => {
  test.each(cases)('$what', ({ quietMs, window, soon, credit, plan }) => {
    const state = { ...newQuotaWindow(1_000), ...window }
    expect(refillPlan(state, soon, credit, state.reportedAtMs + quietMs, times)).toEqual(plan)
  })
})
