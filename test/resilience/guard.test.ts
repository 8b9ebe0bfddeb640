import { expect, test } from 'vitest'
import { Guard, isRefused, type Pass, type Refusal, usualGuard } from '../../src/resilience/guard.ts'
import { Overload } from '../../src/resilience/overload.ts'

/** A guard at a time of its own, whose waits are the longest that chance may draw. */
function atOwnTime(settings: Partial<typeof usualGuard> = {}) {
  let nowMs = 0
  const changes: boolean[] = []
  const guard = new Guard({ ...usualGuard, now: () => nowMs, random: () => 1, ...settings }, (isOpen) =>
    changes.push(isOpen),
  )
  const pass = (): Pass => {
    const entered = guard.enter()
    if (isRefused(entered)) throw new Error(`refused: ${entered.refused}`)
    return entered
  }
  const refusal = (): Refusal => {
    const entered = guard.enter()
    if (isRefused(entered)) return entered
    throw new Error('it was let through')
  }
  return {
    guard,
    changes,
    pass,
    refusal,
    fail: (times: number) => {
      for (let at = 0; at < times; at += 1) pass()('failed')
    },
    later: (ms: number) => {
      nowMs += ms
    },
  }
}

test('ten failures in a row open the circuit; an answer between them does not let it', () => {
  const { guard, fail, pass, refusal, changes } = atOwnTime()
  fail(9)
  pass()('answered')
  fail(9)
  expect(guard.isOpen).toBe(false)
  fail(1)
  expect(guard.isOpen).toBe(true)
  expect(refusal()).toEqual({ refused: 'open', retryAfterS: 1 })
  expect(changes).toEqual([true])
})

test('an open circuit lets one probe through, whose failure keeps it open for longer and whose answer closes it', () => {
  const { guard, fail, pass, refusal, later, changes } = atOwnTime()
  fail(10)
  later(1_000)
  const probe = pass()
  // However long the probe takes, nobody waits for it.
  expect(refusal().refused).toBe('open')
  probe('failed')
  later(1_999)
  expect(refusal().refused).toBe('open')
  later(1)
  pass()('answered')
  expect(guard.isOpen).toBe(false)
  expect(changes).toEqual([true, false])
})

test('a probe that its caller abandons proves nothing, and the next one is let through', () => {
  const { guard, fail, pass, later } = atOwnTime()
  fail(10)
  later(1_000)
  pass()('abandoned')
  expect(guard.isOpen).toBe(true)
  pass()('answered')
  expect(guard.isOpen).toBe(false)
})

test('failures of before the circuit opened do not keep it open; an answer of before closes it', () => {
  const { guard, fail, pass, later } = atOwnTime()
  const [late, good] = [pass(), pass()]
  fail(10)
  late('failed')
  later(1_000)
  pass()('abandoned')
  good('answered')
  expect(guard.isOpen).toBe(false)
})

test('the time for which it is open grows up to fifteen seconds', () => {
  const { fail, pass, refusal, later } = atOwnTime()
  fail(10)
  const waits: number[] = []
  for (let round = 0; round < 6; round += 1) {
    waits.push(refusal().retryAfterS)
    later(15_000)
    pass()('failed')
  }
  expect(waits).toEqual([1, 2, 4, 8, 15, 15])
})

test('of a dependency that answers nothing for two seconds only so many are waited for', () => {
  const { pass, refusal, later } = atOwnTime({ silence: { afterMs: 2_000, atOnce: 3 } })
  const waiting = Array.from({ length: 5 }, pass)
  later(2_001)
  expect(refusal()).toEqual({ refused: 'full', retryAfterS: 1 })
  waiting[0]?.('answered')
  pass()
})

test('more than its share are refused at once, and a pass that is given back twice counts once', () => {
  const { pass, refusal } = atOwnTime({ atOnce: () => 2 })
  const first = pass()
  pass()
  expect(refusal().refused).toBe('full')
  first('answered')
  first('answered')
  pass()
  expect(refusal().refused).toBe('full')
})

test('repeats come out of a budget that calls and time fill again', () => {
  const { guard, later } = atOwnTime()
  const taken = () => {
    let count = 0
    while (guard.mayRepeat()) count += 1
    return count
  }
  expect(taken()).toBe(20)
  for (let call = 0; call < 51; call += 1) guard.countCall()
  expect(taken()).toBe(5)
  later(3_000)
  expect(taken()).toBe(3)
  later(3_600_000)
  expect(taken()).toBe(20)
})

test('a replica is overloaded when its event loop was late at two looks in a row, until one finds it in time', () => {
  let delayMs = 0
  let shed = 0
  const delay = () => ({ take: () => delayMs, stop: () => undefined })
  using overload = new Overload(500, () => (shed += 1), delay)
  const looks = (...delays: number[]) => {
    for (const each of delays) {
      delayMs = each
      overload.look()
    }
  }
  looks(800, 100, 800)
  overload.check()
  looks(800)
  expect(() => overload.check()).toThrow('overloaded')
  expect(shed).toBe(1)
  looks(499)
  overload.check()
})

test('the delay of the event loop is what it is: a loop that is blocked is late', async () => {
  using overload = new Overload(100)
  const block = () => {
    for (const until = performance.now() + 400; performance.now() < until; );
  }
  // The loop does nothing else between two blocks, so half of its turns and more are late, at every look of the timer.
  for (let at = 0; at < 8; at += 1) {
    block()
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(() => overload.check()).toThrow('overloaded')
})
