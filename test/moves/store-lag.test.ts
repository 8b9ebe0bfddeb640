import { expect, test } from 'vitest'
import { MoveRates } from '../../src/moves/sync/move-rates.ts'
import { StoreLag } from '../../src/moves/sync/store-lag.ts'

/** A place's content by id: the number of the write, or 0 for a record from before the move. */
function shows(stamps: Readonly<Record<string, number>>) {
  return new Map(
    Object.entries(stamps).map(([id, seq]) => [id, { id, values: [1], metadata: seq === 0 ? {} : { _tr: seq } }]),
  )
}

const written = (id: string, seq: number, ageMs: number) => ({ id, seq, ageMs, isStamped: true })

test('a write that is followed until it shows tells how late the place is, however late it is looked at then', () => {
  const lag = new StoreLag()
  lag.looked(1_000, [written('r', 7, 500)], shows({ r: 0 }))
  expect([lag.isKnown, lag.at(1_000), lag.followedIds]).toEqual([false, 0, ['r']])
  lag.looked(2_500, [written('r', 7, 2_000)], shows({ r: 0 }))
  lag.looked(9_000, [written('r', 7, 8_500)], shows({ r: 7 }))
  expect([lag.isKnown, lag.followedIds]).toEqual([true, []])
  expect(lag.at(2_500)).toBe(2_000)
})

test('a new record that is not there yet is followed too', () => {
  const lag = new StoreLag()
  lag.looked(1_000, [written('r', 7, 0)], shows({}))
  lag.looked(3_000, [written('r', 7, 2_000)], shows({}))
  expect(lag.at(3_000)).toBe(2_000)
})

test('a record that is written again and again tells by the older writes that it still shows', () => {
  const lag = new StoreLag()
  lag.looked(1_000, [written('r', 7, 0)], shows({ r: 3 }))
  lag.looked(2_000, [written('r', 8, 10)], shows({ r: 4 }))
  lag.looked(3_000, [written('r', 9, 10)], shows({ r: 6 }))
  expect([lag.isKnown, lag.at(3_000)]).toEqual([false, 2_000])
  lag.looked(3_500, [written('r', 10, 10)], shows({ r: 8 }))
  expect(lag.isKnown).toBe(true)
})

test('a record that was deleted meanwhile, or a look that came late, tells nothing', () => {
  const lag = new StoreLag()
  lag.looked(1_000, [written('r', 7, 0)], shows({ r: 0 }))
  lag.looked(5_000, [], shows({}))
  lag.looked(6_000, [written('s', 9, 50)], shows({ s: 0 }))
  lag.looked(60_000, [], shows({ s: 9 }))
  expect([lag.isKnown, lag.at(60_000)]).toEqual([false, 0])
})

test('a place that shows a write soon is known to be quick', () => {
  const lag = new StoreLag()
  lag.looked(1_000, [written('r', 7, 80)], shows({ r: 7 }))
  expect([lag.isKnown, lag.at(1_000)]).toEqual([true, 0])
})

test('what a place was like counts less as time passes', () => {
  const lag = new StoreLag()
  lag.looked(1_000, [written('r', 7, 0)], shows({ r: 0 }))
  lag.looked(5_000, [written('r', 7, 4_000)], shows({ r: 0 }))
  expect([5_000, 65_000, 125_000].map((atMs) => lag.at(atMs))).toEqual([4_000, 2_000, 1_000])
})

test('of a place of which nothing was seen lately the other one tells, whichever role it has', () => {
  let nowMs = 5_000
  const rates = new MoveRates({ now: () => nowMs })
  const source = rates.lagOf(1)
  source.looked(1_000, [written('r', 7, 0)], shows({ r: 0 }))
  source.looked(5_000, [written('r', 7, 4_000)], shows({ r: 0 }))
  expect(rates.now(1, 2)).toMatchObject({ isLagKnown: false, activeLagMs: 4_000, followerLagMs: 4_000 })
  rates.lagOf(2).looked(5_000, [written('r', 7, 10)], shows({ r: 7 }))
  expect(rates.now(2, 1)).toMatchObject({ isLagKnown: true, activeLagMs: 0, followerLagMs: 4_000 })
  nowMs = 65_000
  expect(rates.now(2, 1)).toMatchObject({ isLagKnown: true, activeLagMs: 2_000, followerLagMs: 2_000 })
})
