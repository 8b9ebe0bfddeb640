import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { policyOf } from '../../src/config/policy-file.ts'
import { settingReader } from '../../src/config/setting-reader.ts'
import { advise, type TenantFacts } from '../../src/policy/advise.ts'
import { movesThatMayBegin } from '../../src/policy/may-begin.ts'
import { parsePolicy } from '../../src/policy/parse-policy.ts'
import { defaultPolicy, type Policy } from '../../src/policy/policy.ts'
import { isOpen } from '../../src/policy/window.ts'

const policy: Policy = {
  promote: { enterprise: true, records: 1000, requestsPerDay: 500, attributes: { compliance: ['hipaa', 'pci'] } },
  demote: { recordsBelow: 100, requestsPerDayBelow: 50 },
}
const small: TenantFacts = {
  tier: 'standard',
  kind: 'pool',
  attributes: {},
  records: 10,
  standing: undefined,
  meanRequestsPerDay: 5,
  peakRequestsPerDay: 9,
}

describe('a tenant in a shared index', () => {
  test('that is small is well where it is', () => {
    expect(advise(small, policy)).toBeUndefined()
    expect(advise({ ...small, records: undefined }, policy)).toBeUndefined()
  })

  test.each<[Partial<TenantFacts>, string]>([
    [{ tier: 'enterprise' }, 'its tier is enterprise'],
    [{ records: 1000 }, 'it has 1,000 records (from 1,000 on)'],
    [{ meanRequestsPerDay: 500.4 }, 'it makes 500 requests a day (from 500 on)'],
    [{ attributes: { compliance: 'pci', toString: 'x' } }, 'its attribute compliance is pci'],
  ])('is advised to move up: %j', (facts, reason) => {
    expect(advise({ ...small, ...facts }, policy)).toEqual({ advice: 'promote', reasons: [reason] })
  })

  test('keeps its advice while a number swings about its threshold', () => {
    expect(advise({ ...small, records: 950 }, policy)).toBeUndefined()
    expect(advise({ ...small, records: 950, standing: 'promote' }, policy)?.advice).toBe('promote')
    expect(advise({ ...small, records: 899, standing: 'promote' }, policy)).toBeUndefined()
  })

  test('is not taken for what its prototype has', () => {
    const tricky = { ...policy, promote: { ...policy.promote, attributes: { constructor: ['x'] } } }
    expect(advise(small, tricky)).toBeUndefined()
  })
})

describe('a tenant in an index of its own', () => {
  const silo = { ...small, kind: 'silo' } as const

  test('is advised to move down when it is small and quiet and nothing speaks for the index', () => {
    expect(advise(silo, policy)?.advice).toBe('demote')
    expect(advise(silo, policy)?.reasons).toHaveLength(3)
    expect(advise({ ...silo, peakRequestsPerDay: 50 }, policy)).toBeUndefined()
    expect(advise({ ...silo, peakRequestsPerDay: 50, standing: 'demote' }, policy)?.advice).toBe('demote')
    expect(advise({ ...silo, records: 100 }, policy)).toBeUndefined()
    expect(advise({ ...silo, tier: 'enterprise' }, policy)).toBeUndefined()
    expect(advise(silo, { promote: policy.promote })).toBeUndefined()
  })

  test('stays where it is while nobody has counted its records', () => {
    expect(advise({ ...silo, records: undefined }, policy)).toBeUndefined()
  })

  test('between the two thresholds neither goes up nor down', () => {
    const between = { records: 500, meanRequestsPerDay: 200, peakRequestsPerDay: 400 }
    expect([advise({ ...small, ...between }, policy), advise({ ...silo, ...between }, policy)]).toEqual([
      undefined,
      undefined,
    ])
  })
})

describe('a maintenance window', () => {
  const night = { days: ['sat'], from: '22:00', to: '04:00', timeZone: 'Europe/Berlin' } as const

  test.each([
    ['2026-11-21T20:59:00Z', false],
    ['2026-11-21T21:00:00Z', true],
    ['2026-11-22T02:59:00Z', true],
    ['2026-11-22T03:00:00Z', false],
    ['2026-11-22T21:30:00Z', false],
    ['2026-11-21T01:00:00Z', false],
    // In summer Berlin is two hours ahead.
    ['2026-07-18T20:00:00Z', true],
  ])('of Saturday night in Berlin at %s: %s', (at, open) => {
    expect(isOpen(night, Date.parse(at))).toBe(open)
  })

  test('within one day ends before its end', () => {
    const noon = { days: ['mon'], from: '12:00', to: '13:00', timeZone: 'UTC' } as const
    const at = (time: string) => isOpen(noon, Date.parse(`2026-11-23T${time}:00Z`))
    expect([at('11:59'), at('12:00'), at('12:59'), at('13:00')]).toEqual([false, true, true, false])
    expect(isOpen(noon, Date.parse('2026-11-24T12:30:00Z'))).toBe(false)
  })

  test('closed means that no move begins; open, as many as the day and the project still allow', () => {
    const epochMs = Date.parse('2026-11-21T23:00:00Z')
    const may = (begunInLastDay: number, silosLeft: number, window = night) =>
      movesThatMayBegin({ window, movesPerDay: 3, afterHours: 0 }, { epochMs, begunInLastDay, silosLeft })
    expect([may(0, 9), may(2, 9), may(5, 9), may(0, 1), may(0, -2)]).toEqual([3, 1, 0, 1, 0])
    expect(may(0, 9, { ...night, days: ['mon'] } as never)).toBe(0)
  })
})

describe('the policy file', () => {
  test('gives a policy, its defaults filled in', () => {
    const parsed = parsePolicy({
      promote: { records: 1000 },
      automatic: { window: { from: '22:00', to: '06:00' } },
    })
    expect(parsed).toEqual({
      policy: {
        promote: { enterprise: true, records: 1000, attributes: {} },
        automatic: {
          window: {
            days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
            from: '22:00',
            to: '06:00',
            timeZone: 'UTC',
          },
          movesPerDay: 1,
          afterHours: 24,
        },
      },
    })
  })

  test.each([
    [[], 'must be an object'],
    [{}, 'promote: '],
    [{ promote: {}, demot: {} }, 'nothing reads demot'],
    [{ promote: { records: -1 } }, 'promote.records: must be at least 0'],
    [{ promote: { records: 10 }, demote: { recordsBelow: 9, requestsPerDayBelow: 1 } }, 'demote.recordsBelow: must be'],
    [{ promote: {}, automatic: { window: { from: '25:00', to: '06:00' } } }, 'automatic.window.from: must be a time'],
    [{ promote: {}, automatic: { window: { from: '06:00', to: '06:00' } } }, 'automatic.window: must not end'],
    [
      { promote: {}, automatic: { window: { from: '01:00', to: '06:00', timeZone: 'Mars' } } },
      'automatic.window.timeZone: must be the name',
    ],
  ])('with a fault says which: %j', (json, words) => {
    expect(parsePolicy(json)).toMatchObject({ faults: expect.arrayContaining([expect.stringContaining(words)]) })
  })

  test('is named by MOVE_POLICY, and its faults are reported with those of the other settings; without it there is advice alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tenant-router-policy-'))
    const path = join(folder, 'policy.json')
    const reading = async (text: string | undefined) => {
      if (text !== undefined) await writeFile(path, text)
      const read = settingReader({ MOVE_POLICY: path }, {})
      const found = policyOf(read)
      read.finish()
      return found
    }
    await expect(reading(undefined)).rejects.toThrow(/cannot be read \(ENOENT\)/)
    await expect(reading('{')).rejects.toThrow('is not JSON')
    await expect(reading('{"promote":{"records":0,"x":1}}')).rejects.toThrow(
      /2 settings are wrong:[\s\S]*promote.records/,
    )
    expect(await reading('{"promote":{"enterprise":false}}')).toEqual({
      promote: { enterprise: false, attributes: {} },
    })
    await rm(folder, { recursive: true })
    expect(policyOf(settingReader({}, {}))).toBe(defaultPolicy)
    expect(defaultPolicy.automatic).toBeUndefined()
  })
})
