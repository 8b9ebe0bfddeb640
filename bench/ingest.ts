import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type Database } from '../src/db/connect.ts'
import { openAiEmbedder } from '../src/models/openai.ts'
import { chunkText } from '../src/rag/chunks/chunk.ts'
import { chunkRule } from '../src/rag/chunks/chunk-rule.ts'
import { cpuSecondsOf } from './harness/cpu-time.ts'
import type { EncodeResult } from './harness/encode-process.ts'
import { call, type Parts, type Service, startParts, startService } from './harness/parts.ts'
import { startProcess } from './harness/process.ts'
import type { BenchOptions, BenchResult } from './harness/report.ts'
import { inTurn, ratios } from './harness/rounds.ts'
import { seededRandom } from './harness/sample-tenant.ts'
import { startServer } from './harness/server.ts'
import { median, show, spread } from './harness/statistics.ts'

const leastRatio = 0.95
const leastOfModelServer = 0.85
/** Time of a call to the model server, however many texts it has. */
const callMs = 50
const dimension = 512

interface Sample {
  readonly perSecond: number
  readonly cpuMsEach: number
}

/**
 * Markdown files through `POST /documents`, from the first upload until the last one is stored. Against the encoder
 * alone over the chunks of the same documents: upload, queue, extraction, splitting, the store and the inventory add to
 * the encoder's work. And with a model server that takes 50 ms a call and one call at a time, against that server alone,
 * asked once a document: there all else should happen while it answers. The caller, Postgres and the store share the
 * machine.
 */
export async function ingest({ quick, say }: BenchOptions): Promise<BenchResult> {
  await using parts = await startParts({ pin: false })
  const builtIn = await besideEncoder(parts, { quick, say })
  const byModelServer = await besideModelServer(parts, { quick, say })
  return {
    bench: 'ingest',
    rows: [...builtIn.rows, ...byModelServer.rows],
    goals: [
      { what: 'end to end / the encoder alone', value: builtIn.ratio, limit: leastRatio, sense: 'at least' },
      {
        what: 'end to end / the model server',
        value: byModelServer.ratio,
        limit: leastOfModelServer,
        sense: 'at least',
      },
    ],
  }
}

interface Part {
  readonly rows: readonly [string, string][]
  readonly ratio: number
}

async function besideEncoder(parts: Parts, { quick, say }: BenchOptions): Promise<Part> {
  await using encoder = startProcess({ file: 'harness/encode-process.ts' })
  await using service = await startService(parts)
  await using stored = await storing(parts, service, 'ingest')
  let chunksEach = 0
  const encode = async (documents: readonly string[]): Promise<Sample> => {
    const before = cpuSecondsOf(encoder.pid)
    const { seconds, chunks } = (await encoder.ask({ documents })) as EncodeResult
    chunksEach = chunks / documents.length
    return sampleOf(documents.length, seconds, cpuSecondsOf(encoder.pid) - before)
  }
  say('the built-in encoder')
  const measured = await compareRounds({ quick, say }, quick ? 24 : 80, { alone: encode, ingested: stored.store })
  const { rows, ratio } = rowsOf(measured, { alone: 'the encoder alone', ingested: 'end to end' })
  return { rows: [...rows, ['chunks a document', chunksEach.toFixed(1)]], ratio }
}

async function besideModelServer(parts: Parts, { quick, say }: BenchOptions): Promise<Part> {
  await using server = await startServer({ file: 'servers/waiting-model.ts', args: [String(callMs)] })
  const baseUrl = `${server.url}/v1`
  await using service = await startService(parts, {
    EMBEDDING_PROVIDER: 'openai',
    EMBEDDING_MODEL: 'waiting',
    EMBEDDING_DIMENSION: String(dimension),
    OPENAI_BASE_URL: baseUrl,
  })
  await using stored = await storing(parts, service, 'ingest-by-server')
  await using model = openAiEmbedder({ apiKey: 'bench', baseUrl, model: 'waiting', dimension })
  const rule = chunkRule(model.maxTokens)
  const ask = async (documents: readonly string[]): Promise<Sample> => {
    const chunked = await Promise.all(documents.map((text) => chunkText(text, rule)))
    const before = cpuSecondsOf(process.pid)
    const startedAt = performance.now()
    const queue = chunked.values()
    const asking = async () => {
      for (const chunks of queue) await model.embed(chunks.map(({ text }) => text))
    }
    await Promise.all(Array.from({ length: callers }, asking))
    const seconds = (performance.now() - startedAt) / 1000
    return sampleOf(documents.length, seconds, cpuSecondsOf(process.pid) - before)
  }
  say(`a model server, ${callMs} ms a call`)
  const measured = await compareRounds({ quick, say }, quick ? 100 : 400, { alone: ask, ingested: stored.store })
  return rowsOf(measured, {
    alone: `a model server, ${callMs} ms a call, alone`,
    ingested: 'end to end with that server',
  })
}

/** Both subjects of a round get the same documents. */
async function compareRounds(
  { quick, say }: BenchOptions,
  count: number,
  { alone, ingested }: Readonly<Record<'alone' | 'ingested', (documents: readonly string[]) => Promise<Sample>>>,
): Promise<Record<'alone' | 'ingested', readonly Sample[]>> {
  const random = seededRandom(11)
  const warmUp = documentsOf(random, 8)
  await alone(warmUp)
  await ingested(warmUp)
  const rounds = quick ? 3 : 7
  say(`${rounds} rounds of ${count} documents`)
  const sets = Array.from({ length: rounds }, () => documentsOf(random, count))
  const [toAlone, toStore] = [sets.values(), sets.values()]
  return await inTurn(rounds, {
    alone: () => alone(toAlone.next().value ?? []),
    ingested: () => ingested(toStore.next().value ?? []),
  })
}

function rowsOf(
  measured: Record<'alone' | 'ingested', readonly Sample[]>,
  names: Readonly<Record<'alone' | 'ingested', string>>,
): Part {
  const rows: [string, string][] = []
  for (const subject of ['alone', 'ingested'] as const) {
    const each = (value: (sample: Sample) => number) => spread(measured[subject].map(value))
    rows.push([`${names[subject]}, documents per second`, show(each((one) => one.perSecond))])
    rows.push([
      `${names[subject]}, ms of the process's processor time a document`,
      show(
        each((one) => one.cpuMsEach),
        1,
      ),
    ])
  }
  const ratio = ratios(measured.ingested, measured.alone, ({ perSecond }) => perSecond)
  rows.push([`${names.ingested} / ${names.alone}`, show(spread(ratio), 3)])
  return { rows, ratio: median(ratio) }
}

/** A tenant whose documents a service stores, and the time from the first upload to the last stored document. */
async function storing(parts: Parts, service: Service, tenant: string) {
  const database = connect({ url: parts.databaseUrl, max: 1 })
  await call('POST', `${service.adminUrl}/tenants`, { id: tenant, name: tenant }, await parts.issuer.staffToken())
  const token = await parts.issuer.tenantToken(tenant)
  return {
    async store(documents: readonly string[]): Promise<Sample> {
      const before = cpuSecondsOf(service.process.pid)
      const startedAt = performance.now()
      await upload(service, token, documents)
      await untilStored(database)
      const seconds = (performance.now() - startedAt) / 1000
      return sampleOf(documents.length, seconds, cpuSecondsOf(service.process.pid) - before)
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
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
