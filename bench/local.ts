import { residentMibOf } from './harness/cpu-time.ts'
import { startLocal } from './harness/local-store.ts'
import { startProcess } from './harness/process.ts'
import type { QueryOrder, QueryResult } from './harness/query-process.ts'
import type { BenchOptions, BenchResult } from './harness/report.ts'
import { inTurn, ratios } from './harness/rounds.ts'
import { seededRandom, unitVector } from './harness/sample-tenant.ts'
import { median, quantile, show, spread } from './harness/statistics.ts'

const dimension = 512
const topK = 5
/** Namespaces of this size are searched one after another; together they are more than the server keeps in memory. */
const records = 100_000

/**
 * A query of `pinecone-local` over a namespace of 100,000 records, by the SDK over HTTP, against a bare loop over as many
 * numbers that lie one after another; and the server's memory while more namespaces are searched than it keeps there.
 */
export async function local({ quick, say }: BenchOptions): Promise<BenchResult> {
  const namespaces = quick ? 1 : 5
  await using store = await startLocal(dimension)
  for (let n = 0; n < namespaces; n += 1) {
    say(`namespace ${n + 1} of ${namespaces}: ${records.toLocaleString('en')} records`)
    await store.fill(`n-${n}`, records)
  }
  await using caller = startProcess({ file: 'harness/query-process.ts' })
  const block = fillBlock()
  const order: QueryOrder = {
    via: { sdk: { indexHost: store.indexHost, namespace: 'n-0' } },
    callers: 1,
    warmUpMs: 1_000,
    measureMs: quick ? 1_500 : 4_000,
  }
  const rounds = quick ? 3 : 5
  say(`${rounds} rounds of queries`)
  const samples = await inTurn(rounds, {
    server: async () => ((await caller.ask(order)) as QueryResult).p50Ms,
    loop: async () => loopMs(block, quick ? 10 : 30),
  })
  const memory = [residentMibOf(store.pid)]
  for (let n = 1; n < namespaces; n += 1) {
    await caller.ask({
      ...order,
      via: { sdk: { indexHost: store.indexHost, namespace: `n-${n}` } },
      warmUpMs: 0,
      measureMs: 500,
    })
    memory.push(residentMibOf(store.pid))
  }
  const mib = (records * dimension * 4) / 1024 ** 2
  return {
    bench: 'local',
    rows: [
      ['a query over 100,000 records of 512 dimensions, p50 ms', show(spread(samples.server))],
      ['a bare loop over a contiguous Float32Array, ms', show(spread(samples.loop))],
      ['pinecone-local / bare loop', show(spread(ratios(samples.server, samples.loop, (ms) => ms)))],
      ['vectors of a namespace, MiB', mib.toFixed(0)],
      ['resident memory after 1, 2 … namespaces were searched, MiB', memory.map((one) => one.toFixed(0)).join(', ')],
    ],
    goals: [
      { what: 'a query, p50 ms', value: median(samples.server), limit: 60, sense: 'at most' },
      { what: 'resident memory, MiB', value: Math.max(...memory), limit: 512 + 512, sense: 'at most' },
    ],
  }
}

function fillBlock(): Float32Array {
  const random = seededRandom(3)
  const block = new Float32Array(records * dimension)
  for (let at = 0; at < block.length; at += 1) block[at] = random() - 0.5
  return block
}

/** Median time of a pass that keeps the best rows by dot product, as the simplest program would. */
function loopMs(block: Float32Array, passes: number): number {
  const random = seededRandom(5)
  const took: number[] = []
  for (let pass = 0; pass < passes; pass += 1) {
    const query = Float32Array.from(unitVector(random))
    const startedAt = performance.now()
    const best: { readonly row: number; readonly score: number }[] = []
    let floor = Number.NEGATIVE_INFINITY
    for (let row = 0; row < records; row += 1) {
      let score = 0
      for (let at = 0; at < dimension; at += 1) score += (block[row * dimension + at] as number) * (query[at] as number)
      if (best.length === topK && score <= floor) continue
      best.push({ row, score })
      best.sort((one, other) => other.score - one.score)
      best.length = Math.min(best.length, topK)
      floor = best.at(-1)?.score ?? floor
    }
    took.push(performance.now() - startedAt)
  }
  return quantile(took, 0.5)
}
