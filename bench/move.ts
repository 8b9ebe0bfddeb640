import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../src/db/connect.ts'
import type { Placement } from '../src/placement/placement.ts'
import { parseTenantId } from '../src/placement/tenant-id.ts'
import { copyInLanes } from './harness/copy-lanes.ts'
import type { CopyOrder, CopyResult } from './harness/copy-process.ts'
import { residentMibOf } from './harness/cpu-time.ts'
import { call, type Parts, type Service, startParts, startService } from './harness/parts.ts'
import { type BenchProcess, startProcess } from './harness/process.ts'
import type { BenchOptions, BenchResult } from './harness/report.ts'
import { seededRandom } from './harness/sample-tenant.ts'
import { median, quantile, show, spread } from './harness/statistics.ts'

const dimension = 512
/** The time of an answer of the store that stands for one on a machine of its own. */
const storeWaitsMs = 20

interface Run {
  readonly bareS: number
  /** Time from the order to the end of the copy. */
  readonly copiedS: number
  /** Time from the order to the cutover: copied, every pair compared, cut over. */
  readonly switchedS: number
  readonly peakMib: number
  readonly writePauseMs: number
  readonly idleP99Ms: number
  /** Reads beside the bare loop: the store's and the machine's share, without any part of a move. */
  readonly bareP99Ms: number
  readonly movingP99Ms: number
}

/**
 * A promote against a bare loop of list, fetch and upsert over the same adapter with the same concurrency, which keeps
 * no change log, compares nothing and cuts nothing over; also the memory of the replica that runs it, and reads beside
 * it. The store is `pinecone-local`: one process, so reads also wait while it takes in the copy. Reads are measured with a
 * store that only waits too, as one on a machine of its own does.
 */
export async function move({ quick, say }: BenchOptions): Promise<BenchResult> {
  const sizes = quick ? [1_000, 4_000, 12_000] : [1_000, 10_000, 100_000]
  const [tiny = 0, small = 0, large = 0] = sizes
  await using parts = await startParts({ pin: false })
  await using copier = startProcess({ file: 'harness/copy-process.ts' })
  const runs = new Map<number, Run[]>()
  for (const size of sizes) {
    const rounds = quick ? 1 : size === large ? 2 : 3
    const done: Run[] = []
    for (let round = 0; round < rounds; round += 1) {
      say(`${size} records, round ${round + 1} of ${rounds}`)
      done.push(await measure(parts, copier, size, `move-${size}-${round}`))
    }
    runs.set(size, done)
  }
  const apart: Run[] = []
  {
    await using distant = await startParts({ pin: false, storeWaitsMs })
    const rounds = quick ? 2 : 3
    for (let round = 0; round < rounds; round += 1) {
      say(`${small} records in a store that only waits, round ${round + 1} of ${rounds}`)
      apart.push(await measure(distant, copier, small, `apart-${round}`))
    }
  }
  const ofApart = (value: (run: Run) => number) => show(spread(apart.map(value)))
  const of = (size: number, value: (run: Run) => number) => (runs.get(size) ?? []).map(value)
  const rows = sizes.flatMap((size): [string, string][] => [
    [`${size} records: the bare loop, records/s`, show(spread(of(size, (run) => size / run.bareS)), 0)],
    [`${size} records: promote, to the end of the copy, s`, show(spread(of(size, (run) => run.copiedS)))],
    [`${size} records: promote, verified and switched, s`, show(spread(of(size, (run) => run.switchedS)))],
    [`${size} records: write pause, ms`, show(spread(of(size, (run) => run.writePauseMs)), 0)],
    [`${size} records: peak memory of the replica, MiB`, show(spread(of(size, (run) => run.peakMib)), 0)],
    [`${size} records: read p99 idle, ms`, show(spread(of(size, (run) => run.idleP99Ms)))],
    [`${size} records: read p99 beside the bare loop, ms`, show(spread(of(size, (run) => run.bareP99Ms)))],
    [`${size} records: read p99 during the move, ms`, show(spread(of(size, (run) => run.movingP99Ms)))],
  ])
  const slower = ({ movingP99Ms, idleP99Ms }: Run) => movingP99Ms / idleP99Ms
  const shared = [small, large].flatMap((size) => of(size, slower))
  rows.push(
    ['store and service on these cores: read p99 moving / idle', show(spread(shared))],
    [`a store that only waits (${storeWaitsMs} ms): read p99 idle, ms`, ofApart((run) => run.idleP99Ms)],
    [
      `a store that only waits (${storeWaitsMs} ms): read p99 beside the bare loop, ms`,
      ofApart((run) => run.bareP99Ms),
    ],
    [`a store that only waits (${storeWaitsMs} ms): read p99 during the move, ms`, ofApart((run) => run.movingP99Ms)],
    [
      `a store that only waits (${storeWaitsMs} ms): ${small} records, verified and switched, s`,
      ofApart((run) => run.switchedS),
    ],
  )
  const goals: BenchResult['goals'][number][] = [small, large].flatMap((size) => [
    {
      what: `${size} records unverified / bare`,
      value: median(of(size, (run) => run.bareS / run.copiedS)),
      limit: 0.7,
      sense: 'at least',
    },
    {
      what: `${size} records verified / bare`,
      value: median(of(size, (run) => run.bareS / run.switchedS)),
      limit: 0.6,
      sense: 'at least',
    },
  ])
  const peak = (size: number) => median(of(size, (run) => run.peakMib))
  goals.push(
    { what: `peak memory ${large} / ${small}`, value: peak(large) / peak(small), limit: 1.2, sense: 'at most' },
    { what: 'read p99 moving / idle, the store apart', value: median(apart.map(slower)), limit: 1.5, sense: 'at most' },
    {
      what: `write pause, ms`,
      value: median(sizes.flatMap((size) => of(size, (run) => run.writePauseMs))),
      limit: 500,
      sense: 'at most',
    },
    { what: `${tiny} records, s`, value: median(of(tiny, (run) => run.switchedS)), limit: 15, sense: 'at most' },
  )
  const inLanes = await copyInLanes({ quick, say })
  return { bench: 'move', rows: [...rows, ...inLanes.rows], goals: [...goals, ...inLanes.goals] }
}

/** Moves one tenant in a service of its own, so that the memory is that of one move. */
async function measure(parts: Parts, copier: BenchProcess, count: number, tenantId: string): Promise<Run> {
  await using service = await startService(parts, {
    EMBEDDING_PROVIDER: 'openai',
    EMBEDDING_MODEL: 'bench',
    EMBEDDING_DIMENSION: String(dimension),
    OPENAI_API_KEY: 'bench',
  })
  await using database = connect({ url: parts.databaseUrl, max: 1 })
  const staff = await parts.issuer.staffToken()
  const token = await parts.issuer.tenantToken(tenantId)
  await call('POST', `${service.adminUrl}/tenants`, { id: tenantId, name: tenantId }, staff)
  const from = await placementOf(database, tenantId)
  const ask = async (order: CopyOrder) => (await copier.ask(order)) as CopyResult
  const { storeUrl } = parts
  await ask({ kind: 'fill', storeUrl, into: from, count })

  await sleep(500)
  const copying = ask({ kind: 'copy', storeUrl, from, into: await bareTarget(parts, from) })
  // The same app reads beside either.
  const beside = await read(service, token, copying)
  const bare = await copying
  if (bare.records !== count) throw new Error(`the bare loop copied ${bare.records} of ${count}`)
  await fetch(`${storeUrl}/indexes/bare`, { method: 'DELETE', headers: { 'api-key': 'bench' } })

  const idle = await read(service, token, sleep(quickly(count)))
  const over = Promise.withResolvers<void>()
  const peak = watchMemory(service.process.pid, over.promise)
  const order = { kind: 'promote' }
  const { id } = (await call('POST', `${service.adminUrl}/tenants/${tenantId}/moves`, order, staff)) as { id: string }
  const moved = untilSwitched(service, id, staff)
  const moving = await read(service, token, moved)
  over.resolve()
  const { writePauseMs } = await moved
  const [times] = await database.sql<{ copied: number; switched: number }[]>`
    select extract(epoch from max(at) filter (where state = 'verifying') - min(at))::float8 as copied,
      extract(epoch from max(at) filter (where state = 'soaking') - min(at))::float8 as switched
    from move_events where move_id = ${id}`
  if (times === undefined) throw new Error('a move has a history')
  return {
    bareS: bare.seconds,
    copiedS: times.copied,
    switchedS: times.switched,
    peakMib: await peak,
    writePauseMs,
    idleP99Ms: quantile(idle, 0.99),
    bareP99Ms: quantile(beside, 0.99),
    movingP99Ms: quantile(moving, 0.99),
  }
}

function quickly(count: number): number {
  return Math.min(8_000, 1_000 + count / 5)
}

/** An index like the move's own, for the bare loop. */
async function bareTarget(parts: Parts, like: Placement): Promise<Placement> {
  const spec = { serverless: { cloud: 'aws', region: 'us-east-1' } }
  const response = await fetch(`${parts.storeUrl}/indexes`, {
    method: 'POST',
    headers: { 'api-key': 'bench', 'content-type': 'application/json', 'x-pinecone-api-version': '2025-10' },
    body: JSON.stringify({ name: 'bare', dimension, metric: 'cosine', spec }),
  })
  const made = (await response.json()) as { host?: string }
  if (made.host === undefined) throw new Error(`no index for the bare loop: ${JSON.stringify(made)}`)
  return { ...like, indexName: 'bare', indexHost: made.host, namespace: 'bare' }
}

async function placementOf(database: ReturnType<typeof connect>, tenantId: string): Promise<Placement> {
  const [row] = await database.sql<{ id: string; project: string; host: string; name: string; namespace: string }[]>`
    select places.id, places.project, indexes.host, indexes.name, places.namespace from routing
    join places on places.id = routing.active_place_id
    join indexes on indexes.id = places.index_id
    where routing.tenant_id = ${tenantId}`
  if (row === undefined) throw new Error(`${tenantId} has no place`)
  const { id, project, host, name, namespace } = row
  return {
    placeId: Number(id),
    tenantId: parseTenantId(tenantId),
    project,
    indexName: name,
    indexHost: host,
    namespace,
    generation: 1,
    kind: 'pool',
    vectors: { model: 'bench', dimension: 4, metric: 'cosine' },
  }
}

async function untilSwitched(service: Service, id: string, token: string): Promise<{ writePauseMs: number }> {
  for (;;) {
    const url = `${service.adminUrl}/moves/${id}`
    const view = (await call('GET', url, undefined, token)) as {
      state: string
      error: string | null
      writePauseMs: number | null
    }
    if (view.state === 'soaking') return { writePauseMs: view.writePauseMs ?? Number.NaN }
    if (['failed', 'cancelling', 'cancelled'].includes(view.state)) throw new Error(`${view.state}: ${view.error}`)
    await sleep(100)
  }
}

/** One app that reads a record by a vector, one call at a time with a pause, until `until` resolves. */
async function read(service: Service, token: string, until: Promise<unknown>): Promise<readonly number[]> {
  const random = seededRandom(5)
  const latencies: number[] = []
  const end = { reached: false }
  void until.then(
    () => (end.reached = true),
    () => (end.reached = true),
  )
  while (!end.reached) {
    const ids = Array.from({ length: 5 }, () => `v-${String(Math.floor(random() * 1_000)).padStart(7, '0')}`)
    const sentAt = performance.now()
    await call('POST', `${service.url}/vectors/fetch`, { ids }, token)
    latencies.push(performance.now() - sentAt)
    await sleep(5)
  }
  return latencies
}

async function watchMemory(pid: number, until: Promise<void>): Promise<number> {
  let peakMib = 0
  const timer = setInterval(() => {
    peakMib = Math.max(peakMib, residentMibOf(pid))
  }, 20)
  await until
  clearInterval(timer)
  return peakMib
}
