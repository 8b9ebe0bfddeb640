import { setTimeout as sleep } from 'node:timers/promises'
import type { Move } from '../cli/kit/move.ts'
import { doneOf, pace, progressLine } from '../cli/watch/progress-line.ts'
import type { SampleTenant } from '../dev/samples.ts'
import { isEnded } from '../moves/state/move-state.ts'
import type { Tour } from './tour.ts'
import { type DemoTraffic, startTraffic } from './traffic.ts'

const vectors = 3000
const batch = 100
const dimension = 512

/** Moves the tenant to an index of its own while its app reads and writes; returns what the app did meanwhile. */
export async function promoteDemo(tour: Tour, tenant: SampleTenant): Promise<DemoTraffic> {
  const { stage } = tour
  await stage.act(`Promote ${tenant.name} to an index of its own, under live traffic`)
  await addVectors(tour, tenant)
  const traffic = startTraffic(tour, tenant)
  stage.claim('Its app reads and writes', await hasBegun(tour, traffic))
  const started = await tour.asStaff('platform', `/tenants/${tenant.id}/moves`, { body: { kind: 'promote' } })
  stage.claim('The platform team starts the move', started.status === 202, JSON.stringify(started.json))
  const move = await watch(tour, String(started.json.id), traffic)
  await sleep(1000)
  await traffic.stop()
  const { counts } = traffic
  stage.claim(
    'The move has switched',
    move.state === 'soaking' || move.state === 'completed',
    `${move.state}: ${move.error}`,
  )
  stage.claim(`${counts.reads} reads, ${counts.readsFailed} failed or wrong`, counts.readsFailed === 0)
  const held = `${counts.held} tries held and sent again, the longest write took ${(counts.longestWriteMs / 1000).toFixed(1)} s`
  stage.claim(`${counts.writes} writes acknowledged, ${counts.writesFailed} lost (${held})`, counts.writesFailed === 0)
  return traffic
}

/** Waits for the first read and the first write, which take a while on a busy machine. */
async function hasBegun({ signal }: Tour, { counts }: DemoTraffic): Promise<boolean> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (counts.reads > 0 && counts.writes > 0) return true
    await sleep(100, undefined, { signal })
  }
  return false
}

/** Writes the app's own vectors, so that the move has records to copy. */
async function addVectors(tour: Tour, tenant: SampleTenant): Promise<void> {
  let done = 0
  for (let from = 0; from < vectors; from += batch) {
    const records = Array.from({ length: batch }, (_, at) => ({ id: `bulk-${from + at}`, values: valuesOf(from + at) }))
    const called = await tour.asTenant(tenant.id, '/vectors/upsert', { body: { vectors: records } })
    if (called.ok) done += records.length
    tour.stage.ticker(`its app adds ${done} vectors of its own`)
  }
  tour.stage.claim(`Its app has added ${vectors} vectors of its own`, done === vectors, String(done))
}

/** Deterministic values for a number, so that they can be checked after the move. */
export function valuesOf(number: number): readonly number[] {
  return Array.from({ length: dimension }, (_, at) => Math.fround(Math.sin((number + 1) * (at + 1) * 0.37)))
}

/** A bar with all that is said beside it. */
const barRoom = 100

async function watch(tour: Tour, id: string, traffic: DemoTraffic): Promise<Move> {
  const rate = pace()
  let said = ''
  for (;;) {
    const { json } = await tour.asStaff('platform', `/moves/${id}`)
    const move = json as unknown as Move
    const { reads, readsFailed, writes, held } = traffic.counts
    const meanwhile = `reads ${reads} ok ${readsFailed} failed, writes ${writes} ok ${held} held`
    const bar = move.state === 'queued' ? '' : progressLine(move, rate.at(doneOf(move)), barRoom)
    // The bar and its numbers first: on a narrow terminal it is the rest that is left out.
    tour.stage.ticker(`${move.state.padEnd(9)}  ${bar}`, `reads ${reads} ok, writes ${writes} ok`)
    if (move.state !== said && !tour.stage.isTerminal) tour.stage.say(`${move.state}: ${meanwhile}`)
    said = move.state
    if (move.state === 'soaking' || isEnded(move.state)) return move
    await sleep(100, undefined, { signal: tour.signal })
  }
}
