import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../src/embedded/free-port.ts'
import { cpuSecondsOf, residentMibOf } from './harness/cpu-time.ts'
import { type Parts, startParts, startService } from './harness/parts.ts'
import { type BenchProcess, startProcess } from './harness/process.ts'
import type { BenchOptions, BenchResult } from './harness/report.ts'
import { inTurn } from './harness/rounds.ts'
import { median, show, spread } from './harness/statistics.ts'

interface Start {
  readonly seconds: number
  /** Processor time of the process until then. */
  readonly cpuS: number
  readonly mib: number
}

/**
 * Time from the start of the process to the first 200 of `/readyz`, for `npm start` to its printed examples (the first
 * time that is after their documents are loaded); and the memory of the process then.
 */
export async function start({ quick, say }: BenchOptions): Promise<BenchResult> {
  await using parts = await startParts({ pin: false })
  const rounds = quick ? 3 : 7
  say(`${rounds} rounds`)
  const again: Start[] = []
  const { bare, serve, encoder, first } = await inTurn(rounds, {
    bare: bareHono,
    serve: () => serveToReady(parts, { EMBEDDING_PROVIDER: 'openai', OPENAI_API_KEY: 'bench' }),
    encoder: () => serveToReady(parts, {}),
    first: () =>
      inFolder(async (folder) => {
        const empty = await npmStart(folder)
        again.push(await npmStart(folder))
        return empty
      }),
  })
  const seconds = (samples: readonly Start[]) => samples.map((sample) => sample.seconds)
  const processor = (samples: readonly Start[]) => show(spread(samples.map(({ cpuS }) => cpuS)))
  const memory = (samples: readonly Start[]) => show(spread(samples.map(({ mib }) => mib)), 0)
  return {
    bench: 'start',
    rows: [
      ['a bare Hono server to ready, s', show(spread(seconds(bare)))],
      ['serve to ready, s', show(spread(seconds(serve)))],
      ['serve with the built-in encoder to ready, s', show(spread(seconds(encoder)))],
      ['npm start to ready, empty folder, s', show(spread(seconds(first)))],
      ['npm start to ready, data there, s', show(spread(seconds(again)))],
      ['a bare Hono server, s of processor time', processor(bare)],
      ['serve, s of processor time', processor(serve)],
      ['serve with the built-in encoder, s of processor time', processor(encoder)],
      ['a bare Hono server, resident MiB', memory(bare)],
      ['serve, resident MiB', memory(serve)],
      ['serve with the built-in encoder, resident MiB', memory(encoder)],
      ['npm start, resident MiB without Postgres and store', memory(first)],
    ],
    goals: [
      { what: 'serve, s of processor time', value: median(serve.map(({ cpuS }) => cpuS)), limit: 1, sense: 'at most' },
      { what: 'npm start to ready, s', value: median(seconds(first)), limit: 8, sense: 'at most' },
    ],
  }
}

async function bareHono(): Promise<Start> {
  const port = await freePort()
  const startedAt = performance.now()
  await using child = startProcess({ file: 'servers/bare-hono.ts', args: [String(port)] })
  await child.ready(`http://127.0.0.1:${port}/livez`, 10_000, 2)
  return startOf(child, startedAt)
}

async function serveToReady(parts: Parts, settings: Readonly<Record<string, string>>): Promise<Start> {
  const startedAt = performance.now()
  await using service = await startService(parts, settings)
  return startOf(service.process, startedAt)
}

async function npmStart(folder: string): Promise<Start> {
  const [port, adminPort] = [await freePort(), await freePort()]
  const startedAt = performance.now()
  await using child = startProcess({
    file: '../src/dev.ts',
    env: { DATA_DIR: folder, PORT: String(port), ADMIN_PORT: String(adminPort) },
  })
  await child.says('tenant-router is ready.', 60_000)
  return startOf(child, startedAt)
}

function startOf(child: BenchProcess, startedAt: number): Start {
  const seconds = (performance.now() - startedAt) / 1000
  return { seconds, cpuS: cpuSecondsOf(child.pid), mib: residentMibOf(child.pid) }
}

async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tenant-router-start-'))
  try {
    return await run(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
