import { expect, test } from 'vitest'
import { gateWords } from '../../src/moves/state/gate-words.ts'
import {
  cannotFinishInTime,
  type FenceSituation,
  fenceGate,
  pollMs,
  whatKept,
} from '../../src/moves/switch/fence-gate.ts'
import type { RatesNow } from '../../src/moves/sync/move-rates.ts'
import type { Tail } from '../../src/moves/sync/tail.ts'

const clean: Tail = {
  inflight: 0,
  inDoubt: 0,
  stuck: 0,
  unsynced: 0,
  unproven: 0,
  unverified: 0,
  suspect: 0,
  claimed: 0,
  youngestUnsyncedMs: 0,
  youngestUnverifiedMs: 0,
  doubtMs: 0,
  unprovenThere: 0,
  youngestUnprovenThereMs: 0,
  isCut: false,
}
const quick: RatesNow = { isLagKnown: true, activeLagMs: 0, followerLagMs: 0, rowsPerS: 1000, roundMs: 20 }

function gate(tail: Partial<Tail>, rates: Partial<RatesNow> = {}, rest: Partial<FenceSituation> = {}) {
  const situation = { behind: 0, fenceBudgetMs: 5_000, waitedMs: 0, fenceTries: 0, ...rest }
  const found = fenceGate({ ...situation, tail: { ...clean, ...tail }, rates: { ...quick, ...rates } })
  return found && gateWords(found)
}

test('a fence is entered at once when nothing is left to carry over, whatever the store is like', () => {
  expect(gate({}, { isLagKnown: false, activeLagMs: 20_000, followerLagMs: 20_000 })).toBeUndefined()
})

test('nothing is entered while a replica is behind, a write is in doubt or stuck, or a record suspect, unproven or claimed', () => {
  expect(gate({}, {}, { behind: 2 })).toContain('2 replica(s) still use')
  expect(gate({ inDoubt: 1 })).toContain('may still land')
  expect(gate({ stuck: 1 })).toContain('their writer is gone')
  expect(gate({ suspect: 1 })).toContain('late write of the mover')
  expect(gate({ unproven: 1 })).toContain('known to show')
  expect(gate({ unprovenThere: 1 })).toContain('do not show yet')
  expect(gate({ unverified: 10_000, isCut: true })).toContain('10000 record(s) written meanwhile')
  expect(gate({ claimed: 1 })).toContain('a batch is being written')
})

test('what is written meanwhile is waited for by the time that it takes, not by its number', () => {
  expect(gate({ unsynced: 3_000, unverified: 3_000 })).toBeUndefined()
  expect(gate({ unsynced: 6_000, unverified: 6_000 })).toBe('12000 record(s) written meanwhile have to be copied first')
})

test('how late the store shows writes is rates before any write is held, but not for ever', () => {
  const unknown = { isLagKnown: false }
  expect(gate({ unverified: 1 }, unknown)).toContain("the store's lag is not known yet")
  expect(gate({ unverified: 1 }, unknown, { waitedMs: 5_000 })).toBeUndefined()
  expect(gate({ inflight: 1 }, unknown)).toBeUndefined()
})

const late = { activeLagMs: 2_000, followerLagMs: 2_000 }

test('a fence that would take most of its budget is entered when no quieter moment came, later after each vain try', () => {
  const words =
    'the store shows writes 2 s late: writes would be held for about 4.5 s of the 5 s that FENCE_BUDGET_MS allows; a quieter moment is waited for, 5 s at most'
  expect(gate({ inflight: 3, unsynced: 400, unverified: 800 }, late)).toBe(words)
  expect(gate({ inflight: 3 }, late, { waitedMs: 5_000 })).toBeUndefined()
  expect(gate({ inflight: 3 }, late, { waitedMs: 5_000, fenceTries: 1 })).toContain('10 s at most')
  expect(gate({ inflight: 3 }, late, { waitedMs: 40_000, fenceTries: 30 })).toBeUndefined()
})

test('the older the last write is, the less of the lag is left to wait for', () => {
  expect(gate({ unsynced: 400, unverified: 400, youngestUnsyncedMs: 1_000 }, late)).toBeUndefined()
  expect(gate({ inflight: 1, unsynced: 400, unverified: 400, youngestUnsyncedMs: 1_000 }, late)).toContain(
    'quieter moment',
  )
  const later = { activeLagMs: 9_000, followerLagMs: 9_000 }
  expect(gate({ unverified: 400, youngestUnverifiedMs: 5_000 }, later)).toContain('quieter moment')
  expect(gate({ unverified: 400, youngestUnverifiedMs: 6_500 }, later)).toBeUndefined()
})

test('what can not fit the budget is never entered, and says what to do', () => {
  const rates = { activeLagMs: 3_100, followerLagMs: 3_100 }
  const words =
    'the store shows writes 3.5 s late: writes would be held for about 6.5 s, too long for FENCE_BUDGET_MS (5000); raise it, or it goes on in a quieter moment'
  expect(gate({ unsynced: 400, unverified: 400 }, rates, { waitedMs: 1e9 })).toBe(words)
  expect(gate({ unsynced: 400, unverified: 400 }, rates, { waitedMs: 0, fenceBudgetMs: 10_000 })).toBeUndefined()
})

test('a fence is not held to its end for what can not come in time', () => {
  expect(cannotFinishInTime({ ...clean, inflight: 5, unsynced: 90 }, 100, 30_000)).toBe(false)
  expect(cannotFinishInTime({ ...clean, inDoubt: 1, doubtMs: 3_000 }, 4_000, 30_000)).toBe(false)
  expect(cannotFinishInTime({ ...clean, inDoubt: 1, doubtMs: 60_000 }, 4_000, 30_000)).toBe(true)
  expect(cannotFinishInTime({ ...clean, inflight: 1, stuck: 1 }, 4_000, 30_000)).toBe(true)
  const refused = { ...clean, unsynced: 1, unverified: 1, unproven: 1, youngestUnsyncedMs: 1_000 }
  expect([cannotFinishInTime(refused, 4_000, 4_000), cannotFinishInTime(refused, 4_000, 30_000)]).toEqual([false, true])
})

test('a late store is not asked more often than it helps', () => {
  expect([0, 800, 60_000].map((activeLagMs) => pollMs({ ...quick, activeLagMs }))).toEqual([10, 20, 50])
})

test('what kept a fence is named', () => {
  expect(whatKept({ ...clean, suspect: 1 })).toMatchObject({ kind: 'target_suspect', count: 1 })
  expect(whatKept({ ...clean, inflight: 2, unsynced: 9 })).toMatchObject({ kind: 'write_under_way', count: 2 })
  expect(whatKept({ ...clean, unsynced: 9, unverified: 9 })).toMatchObject({ kind: 'write_unproven', count: 9 })
  expect(whatKept({ ...clean, unverified: 9 })).toMatchObject({ kind: 'not_shown_yet', count: 9 })
  expect(whatKept(clean)).toBeUndefined()
})
