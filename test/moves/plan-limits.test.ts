import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { limitWords } from '../../src/moves/plan/limit-words.ts'
import { egressOf } from '../../src/moves/plan/plan-egress.ts'
import { type PlanFacts, planSteps } from '../../src/moves/plan/plan-steps.ts'
import { bindingOf, type StageLimitName, stageLimitNames } from '../../src/moves/plan/stage-limits.ts'

const seconds = ({ limits }: ReturnType<typeof planSteps>[number]) =>
  Object.fromEntries(limits.map((one) => [one.limit, Math.round(one.seconds)]))

/** The tenant of docs/capacity.md: 10,000,000 records of 1,536 dimensions with 0.5 kB of metadata, a store at 50 ms. */
const large: PlanFacts = {
  kind: 'promote',
  from: 'pool',
  into: 'silo',
  embedS: 0,
  lanes: 4,
  keepsDigests: true,
  records: 10_000_000,
  bytes: 10_000_000 * (4 * 1536 + 556),
  speeds: { listMs: 50, fetchMs: 50, upsertMs: 100, processorS: 420, fetchesPerPage: 1 },
  retentionMs: 72 * 3_600_000,
}

function stage(name: string, changed: Partial<PlanFacts> = {}) {
  const found = planSteps({ ...large, ...changed }).find(({ step }) => step === name)
  if (found === undefined) throw new Error(`no step ${name}`)
  return found
}

test('the copy of 10,000,000 records takes by each limit what the docs say', async () => {
  const copy = stage('copy')
  expect(seconds(copy)).toEqual({
    fetches: 1110,
    lists: 556,
    upserts: 1111,
    upsert_bytes: 1489,
    answers: 2425,
    puts: 625,
    processor: 4200,
  })
  expect([copy.binds, copy.seconds, copy.lanes]).toEqual(['processor', 4200, 4])
  const one = stage('copy', { lanes: 1 })
  expect([one.binds, Math.round(one.seconds)]).toEqual(['answers', 9700])
  const page = await readFile('docs/capacity.md', 'utf8')
  const minutes = (limit: StageLimitName, of = copy) =>
    Math.round((of.limits.find((each) => each.limit === limit)?.seconds ?? 0) / 60)
  const rows: readonly (readonly [string, number])[] = [
    ['fetches of the source', minutes('fetches')],
    ['lists of the source', minutes('lists')],
    ['upserts of the target', minutes('upserts')],
    ['bytes of upserts', minutes('upsert_bytes')],
    ['one lane', minutes('answers', one)],
    ['four lanes', minutes('answers')],
    ['a core', minutes('processor')],
  ]
  for (const [what, expected] of rows) {
    const row = page.split('\n').find((line) => line.startsWith(`| ${what}`))
    expect(row, what).toMatch(new RegExp(`\\| ${expected} min \\|$`))
  }
})

test('the comparison lists both places in lanes, and reads the source once but for a sample, as the docs say', async () => {
  const verify = stage('verify')
  expect(verify).toMatchObject({
    lanes: 4,
    source: { list: 100_190, fetch: 3_125, upsert: 0 },
    target: { fetch: 100_000 },
    bytes: { fromSource: large.bytes / 32, fromTarget: large.bytes, toTarget: 0 },
    binds: 'processor',
  })
  expect(Math.round(verify.seconds)).toBe(2166)
  const one = stage('verify', { lanes: 1 })
  expect([one.binds, Math.round(one.seconds)]).toEqual(['answers', 7666])
  const again = stage('verify', { keepsDigests: false })
  expect(again).toMatchObject({ source: { fetch: 100_000 }, bytes: { fromSource: large.bytes } })
  expect(Math.round(again.seconds)).toBe(4200)
  const page = await readFile('docs/capacity.md', 'utf8')
  expect(page).toContain(`${Math.round(verify.seconds / 60)} minutes at 50 ms`)
  expect(page).toContain(`in one lane ${Math.round(one.seconds / 60)} minutes`)
  expect(page).toContain(`a second time: ${Math.round(again.seconds / 60)} minutes`)
})

test('whichever limit is lowest binds: each of them does for some tenant, and has words', () => {
  const quick = { listMs: 1, fetchMs: 1, upsertMs: 1, processorS: 1, fetchesPerPage: 1 }
  const small = { records: 100_000, bytes: 100_000 * 100 }
  const binds = (changed: Partial<PlanFacts>) => stage('copy', changed).binds
  expect(binds({})).toBe('processor')
  expect(binds({ lanes: 1 })).toBe('answers')
  expect(binds({ speeds: quick })).toBe('upsert_bytes')
  expect(binds({ speeds: quick, ...small })).toBe('upserts')
  expect(binds({ speeds: { ...quick, fetchesPerPage: 8 }, ...small })).toBe('fetches')
  expect(binds({ speeds: { ...quick, upsertMs: 1_000 }, ...small })).toBe('puts')
  expect(binds({ embedS: 100_000 })).toBe('model_budget')
  expect(stage('prepare').binds).toBe('new_index')
  expect(stage('arm').binds).toBe('replicas')
  expect(stage('open')).toMatchObject({ binds: null, seconds: 0, limits: [] })
  const facts = { speeds: large.speeds, lanes: 4, tokensPerMinute: 200_000 }
  expect(limitWords('upsert_bytes', facts)).toBe('the vendor’s 50 MB of upserts a second, of which a mover takes 45')
  expect(limitWords('answers', { ...facts, lanes: 1 })).toBe(
    'one listing gives 100 ids an answer, and an answer takes 50 ms',
  )
  expect(limitWords('processor', facts)).toContain('a million such records in 420 s')
  expect(new Set(stageLimitNames.map((limit) => limitWords(limit, facts))).size).toBe(stageLimitNames.length)
  expect(bindingOf([])).toBeUndefined()
})

test('more lanes help while answers bind, and no more than the vendor allows', () => {
  const waiting = { ...large.speeds, processorS: 1 }
  const [one, two, four, many] = [1, 2, 4, 16].map((lanes) => stage('copy', { lanes, speeds: waiting }))
  expect((one?.seconds ?? 0) / (two?.seconds ?? 1)).toBeCloseTo(2, 1)
  expect(four?.binds).toBe('upsert_bytes')
  expect(many?.seconds).toBe(four?.seconds)
})

test('egress is what leaves both places, priced where both prices are known', () => {
  const list = { asOf: '2026-11-01', plan: 'ours' }
  const [here, there] = [
    { region: 'aws/us-east-1', prices: { perMillionReadUnits: 16, perMillionWriteUnits: 4, perGigabyteMonth: 0.33 } },
    { region: 'aws/eu-west-1', prices: undefined },
  ]
  const { bytes } = large
  const unknown = egressOf(planSteps(large), { here, there }, list)
  expect(unknown).toMatchObject({
    fromSource: bytes + bytes / 32,
    fromTarget: bytes,
    toTarget: bytes,
    perGigabyte: { source: null, target: null },
    price: null,
    note: 'No price is known: the list of 2026-11-01 (ours) has none of egress for aws/us-east-1 and aws/eu-west-1. PRICE_LIST adds it (perGigabyteEgress).',
  })
  const priced = { ...here, prices: { ...here.prices, perGigabyteEgress: 0.1 } }
  expect(egressOf(planSteps(large), { here: priced, there }, list)).toMatchObject({
    perGigabyte: { source: 0.1, target: null },
    price: null,
    note: expect.stringContaining('for aws/eu-west-1.'),
  })
  const dear = { region: 'aws/eu-west-1', prices: { ...priced.prices, perGigabyteEgress: 0.2 } }
  const known = egressOf(planSteps(large), { here: priced, there: dear }, list)
  // 67 GB: once and a sample at ten cents, and once at twenty.
  expect(known.price).toBeCloseTo(67 * ((1 + 1 / 32) * 0.1 + 0.2), 6)
})
