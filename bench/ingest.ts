import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type Database } from '../src/db/connect.ts'
import { cpuSecondsOf } from './harness/cpu-time.ts'
import type { EncodeResult } from './harness/encode-process.ts'
import { call, type Service, startParts, startService } from './harness/parts.ts'
import { startProcess } from './harness/process.ts'
import type { BenchOptions, BenchResult } from './harness/report.ts'
import { inTurn, ratios } from './harness/rounds.ts'
import { seededRandom } from './harness/sample-tenant.ts'
import { median, show, spread } from './harness/statistics.ts'

const leastRatio = 0.95
const tenant = 'ingest'

interface Sample {
  readonly perSecond: number
  readonly cpuMsEach: number
}

/**
 * Markdown files through `POST /documents`, from the first upload until the last one is stored, against the encoder
 * alone over the chunks of the same documents. Upload, queue, extraction, splitting, the store and the inventory add to
 * the encoder's work; the caller, Postgres and the store share the machine.
 */
export async function ingest({ quick, say }: BenchOptions): Promise<BenchResult> {
  await using parts = await startParts({ pin: false })
  await using encoder = startProcess({ file: 'harness/encode-process.ts' })
  await using service = await startService(parts)
  await using database = connect({ url: parts.databaseUrl, max: 1 })
  await call('POST', `${service.adminUrl}/tenants`, { id: tenant, name: tenant }, await parts.issuer.staffToken())
  const token = await parts.issuer.tenantToken(tenant)
  const random = seededRandom(11)
  const count = quick ? 24 : 80
  const rounds = quick ? 3 : 7

  let chunksEach = 0
  const encode = async (documents: readonly string[]): Promise<Sample> => {
    const before = cpuSecondsOf(encoder.pid)
    const { seconds, chunks } = (await encoder.ask({ documents })) as EncodeResult
    chunksEach = chunks / documents.length
    return sampleOf(documents.length, seconds, cpuSecondsOf(encoder.pid) - before)
  }
  const store = async (documents: readonly string[]): Promise<Sample> => {
    const before = cpuSecondsOf(service.process.pid)
    const startedAt = performance.now()
    await upload(service, token, documents)
    await untilStored(database)
    const seconds = (performance.now() - startedAt) / 1000
    return sampleOf(documents.length, seconds, cpuSecondsOf(service.process.pid) - before)
  }

  const warmUp = documentsOf(random, 8)
  await encode(warmUp)
  await store(warmUp)
  say(`${rounds} rounds of ${count} documents`)
  // Both subjects of a round get the same documents.
  const sets = Array.from({ length: rounds }, () => documentsOf(random, count))
  const [toEncode, toStore] = [sets.values(), sets.values()]
  const { encoded, ingested } = await inTurn(rounds, {
    encoded: () => encode(toEncode.next().value ?? []),
    ingested: () => store(toStore.next().value ?? []),
  })
  const ratio = ratios(ingested, encoded, ({ perSecond }) => perSecond)
  const rows: [string, string][] = []
  for (const [name, samples] of [
    ['the encoder alone', encoded],
    ['end to end', ingested],
  ] as const) {
    const of = (value: (sample: Sample) => number) => spread(samples.map(value))
    const perSecond = of((one) => one.perSecond)
    const cpuMs = of((one) => one.cpuMsEach)
    rows.push([`${name}, documents per second`, show(perSecond)])
    rows.push([`${name}, ms of the process's processor time a document`, show(cpuMs, 1)])
  }
  rows.push(['chunks a document', chunksEach.toFixed(1)])
  rows.push(['end to end / the encoder alone', show(spread(ratio), 3)])
  return {
    bench: 'ingest',
    rows,
    goals: [{ what: 'end to end / the encoder alone', value: median(ratio), limit: leastRatio, sense: 'at least' }],
  }
}

function sampleOf(documents: number, seconds: number, cpuSeconds: number): Sample {
  return { perSecond: documents / seconds, cpuMsEach: (cpuSeconds / documents) * 1000 }
}

const callers = 2

async function upload({ url }: Service, token: string, documents: readonly string[]): Promise<void> {
  const queue = documents.values()
  const send = async () => {
    for (const text of queue) {
      const form = new FormData()
      form.append('file', new Blob([text], { type: 'text/markdown' }), 'page.md')
      const response = await fetch(`${url}/documents`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: form,
      })
      if (response.status !== 202)
        throw new Error(`an upload was answered ${response.status}: ${await response.text()}`)
      await response.arrayBuffer()
    }
  }
  await Promise.all(Array.from({ length: callers }, send))
}

/** @throws Error when an upload has failed: the measurement is then void. */
async function untilStored({ sql }: Database): Promise<void> {
  for (;;) {
    const rows = await sql<{ failed: string | null }[]>`
      select case when status = 'failed' then reason ->> 'detail' end as failed from uploads`
    if (rows.length === 0) return
    const failed = rows.find((row) => row.failed !== null)
    if (failed !== undefined) throw new Error(`an upload failed: ${failed.failed}`)
    await sleep(20)
  }
}

const vocabulary =
  'invoice payment due reminder customer order bicycle frame return refund warranty window delivery address meter reading tariff contract notice period branch account transfer limit card patient appointment record consent result laboratory nurse schedule'.split(
    ' ',
  )

/** Help pages as companies write them: headings, paragraphs of whole sentences, all different. */
function documentsOf(random: () => number, count: number): readonly string[] {
  const pick = () => vocabulary[Math.floor(random() * vocabulary.length)] ?? ''
  const sentence = () => {
    const words = Array.from({ length: 8 + Math.floor(random() * 10) }, pick).join(' ')
    return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
  }
  const section = (_: unknown, at: number) =>
    `## ${pick()} and ${pick()} ${at + 1}\n\n${Array.from({ length: 8 }, sentence).join(' ')}`
  return Array.from(
    { length: count },
    () => `# ${pick()} ${pick()}\n\n${Array.from({ length: 4 }, section).join('\n\n')}\n`,
  )
}
