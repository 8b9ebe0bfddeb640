import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../src/db/connect.ts'
import type { EncodeResult } from './harness/encode-process.ts'
import { call, type Parts, type Service, startParts, startService } from './harness/parts.ts'
import { startProcess } from './harness/process.ts'
import type { BenchOptions, BenchResult } from './harness/report.ts'
import { inTurn, ratios } from './harness/rounds.ts'
import { seededRandom } from './harness/sample-tenant.ts'
import { median, quantile, show, spread } from './harness/statistics.ts'

/** The model of the vectors before the move: no text is embedded by it. */
const old = { name: 'before', dimension: 64 }
const perCall = 100

interface Sample {
  readonly perSecond: number
}

interface Moved extends Sample {
  readonly idleP99Ms: number
  readonly movingP99Ms: number
}

/**
 * A move to the built-in encoder's vectors, from the first record read until the last one is put, against the encoder
 * alone over the same texts; and reads of the tenant beside it. Both encoders run on a thread of their own.
 */
export async function reembed({ quick, say }: BenchOptions): Promise<BenchResult> {
  await using parts = await startParts({ pin: false })
  await using encoder = startProcess({ file: 'harness/encode-process.ts' })
  const [count, rounds] = quick ? [120, 2] : [400, 5]
  const random = seededRandom(13)
  const sets = Array.from({ length: rounds }, () => textsOf(random, count))
  const [toEncode, toMove] = [sets.values(), sets.values()]
  const encode = async (documents: readonly string[]): Promise<Sample> => {
    const { seconds, chunks } = (await encoder.ask({ documents })) as EncodeResult
    if (chunks !== documents.length) throw new Error(`${documents.length} texts are ${chunks} chunks`)
    return { perSecond: documents.length / seconds }
  }
  await encode(textsOf(random, 50))
  say(`${rounds} rounds of ${count} records`)
  let round = 0
  const beside: Moved[] = []
  const { encoded, moved } = await inTurn(rounds, {
    encoded: () => encode(toEncode.next().value ?? []),
    moved: async () => {
      const one = await moveOne(parts, `reembed-${round++}`, toMove.next().value ?? [])
      beside.push(one)
      return one
    },
  })
  const ratio = ratios(moved, encoded, ({ perSecond }) => perSecond)
  const slower = beside.map((one) => one.movingP99Ms / one.idleP99Ms)
  const of = (value: (one: Moved) => number) => show(spread(beside.map(value)))
  return {
    bench: 'reembed',
    rows: [
      ['the encoder alone, records per second', show(spread(encoded.map((one) => one.perSecond)))],
      ['embedded anew and copied, records per second', of((one) => one.perSecond)],
      ['the move / the encoder alone', show(spread(ratio), 3)],
      ['read p99 idle, ms', of((one) => one.idleP99Ms)],
      ['read p99 during the move, ms', of((one) => one.movingP99Ms)],
    ],
    goals: [
      { what: 'the move / the encoder alone', value: median(ratio), limit: 0.85, sense: 'at least' },
      { what: 'read p99 moving / idle', value: median(slower), limit: 1.5, sense: 'at most' },
    ],
  }
}

async function moveOne(parts: Parts, tenantId: string, texts: readonly string[]): Promise<Moved> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'tenant-router-bench-models-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const models = join(folder, 'models.json')
  const entry = { ...old, provider: 'openai', baseUrl: 'http://127.0.0.1:9/v1', default: true }
  await writeFile(models, JSON.stringify([entry]))
  const service = stack.use(await startService(parts, { EMBEDDING_MODELS: models, REEMBED_TOKENS_PER_MINUTE: '0' }))
  const database = stack.use(connect({ url: parts.databaseUrl, max: 1 }))
  const staff = await parts.issuer.staffToken()
  const token = await parts.issuer.tenantToken(tenantId)
  // In an index of its own: the new one is made by the move.
  await call('POST', `${service.adminUrl}/tenants`, { id: tenantId, name: tenantId, tier: 'enterprise' }, staff)
  await fill(service, token, texts)
  const idle = await read(service, token, texts.length, sleep(3_000))
  const order = { kind: 'reembed', model: 'use-lite' }
  const { id } = (await call('POST', `${service.adminUrl}/tenants/${tenantId}/moves`, order, staff)) as { id: string }
  const switched = untilSwitched(service, id, staff)
  const moving = await read(service, token, texts.length, switched)
  await switched
  const [times] = await database.sql<{ seconds: number }[]>`
    select extract(epoch from max(at) filter (where state = 'verifying') - max(at) filter (where state = 'copying'))::float8
      as seconds from move_events where move_id = ${id}`
  if (times === undefined) throw new Error('a move has a history')
  return {
    perSecond: texts.length / times.seconds,
    idleP99Ms: quantile(idle, 0.99),
    movingP99Ms: quantile(moving, 0.99),
  }
}

function idOf(n: number): string {
  return `r-${String(n).padStart(6, '0')}`
}

async function fill({ url }: Service, token: string, texts: readonly string[]): Promise<void> {
  const random = seededRandom(3)
  for (let from = 0; from < texts.length; from += perCall) {
    const vectors = texts.slice(from, from + perCall).map((text, at) => ({
      id: idOf(from + at),
      values: Array.from({ length: old.dimension }, () => random() - 0.5),
      metadata: { text },
    }))
    const response = await fetch(`${url}/vectors/upsert`, {
      method: 'POST',
      headers: headersOf(token),
      body: JSON.stringify({ vectors }),
    })
    if (!response.ok) throw new Error(`an upsert was answered ${response.status}: ${await response.text()}`)
    await response.arrayBuffer()
  }
}

function headersOf(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'x-embedding-model': old.name }
}

/** One app that reads records, one call at a time with a pause, until `until` resolves. */
async function read(
  { url }: Service,
  token: string,
  count: number,
  until: Promise<unknown>,
): Promise<readonly number[]> {
  const random = seededRandom(5)
  const latencies: number[] = []
  const end = { reached: false }
  void until.then(
    () => (end.reached = true),
    () => (end.reached = true),
  )
  while (!end.reached) {
    const ids = Array.from({ length: 5 }, () => idOf(Math.floor(random() * count)))
    const sentAt = performance.now()
    await call('POST', `${url}/vectors/fetch`, { ids }, token)
    latencies.push(performance.now() - sentAt)
    await sleep(5)
  }
  return latencies
}

async function untilSwitched({ adminUrl }: Service, id: string, token: string): Promise<void> {
  for (;;) {
    const { state, gate } = (await call('GET', `${adminUrl}/moves/${id}`, undefined, token)) as {
      readonly state: string
      readonly gate: string | null
    }
    if (state === 'soaking') return
    if (['failed', 'cancelling', 'cancelled', 'paused'].includes(state)) throw new Error(`${state}: ${gate}`)
    await sleep(100)
  }
}

const vocabulary =
  'invoice payment due reminder customer order bicycle frame return refund warranty window delivery address meter reading tariff contract notice period branch account transfer limit card patient appointment record consent result laboratory nurse schedule'.split(
    ' ',
  )

/** Texts of the length of a usual chunk, all different. */
function textsOf(random: () => number, count: number): readonly string[] {
  const pick = () => vocabulary[Math.floor(random() * vocabulary.length)] ?? ''
  const sentence = () => {
    const words = Array.from({ length: 8 + Math.floor(random() * 10) }, pick).join(' ')
    return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
  }
  return Array.from({ length: count }, () => Array.from({ length: 6 }, sentence).join(' '))
}
