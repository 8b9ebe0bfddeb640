import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../../src/db/connect.ts'
import { cpuSecondsOf } from './cpu-time.ts'
import { call, type Parts, startParts, startService } from './parts.ts'
import type { BenchOptions, BenchResult } from './report.ts'

const storeWaitsMs = 50
const severalLanes = 4

interface Copied {
  readonly seconds: number
  /** Processor time of the replica. */
  readonly cpuS: number
}

/**
 * The copy of a large tenant in one lane and in four, on a store that answers after 50 ms, at the mover's own pace: below
 * the vendor's limits.
 */
export async function copyInLanes({ quick, say }: BenchOptions): Promise<Pick<BenchResult, 'rows' | 'goals'>> {
  const count = quick ? 20_000 : 100_000
  await using parts = await startParts({ pin: false, storeWaitsMs })
  say(`${count} records in one lane, the store at ${storeWaitsMs} ms`)
  const one = await copy(parts, count, 1)
  say(`${count} records in ${severalLanes} lanes`)
  const several = await copy(parts, count, severalLanes)
  const what = `${count} records, a store that only waits (${storeWaitsMs} ms)`
  const cpuOf = ({ cpuS }: Copied) => ((cpuS / count) * 1e6).toFixed(0)
  const rows: [string, string][] = [
    [`${what}: one lane, records/s`, (count / one.seconds).toFixed(0)],
    [`${what}: ${severalLanes} lanes, their parts looked for, records/s`, (count / several.seconds).toFixed(0)],
    [`${what}: one lane, processor seconds a million records`, cpuOf(one)],
    [`${what}: ${severalLanes} lanes, processor seconds a million records`, cpuOf(several)],
  ]
  const ratio = one.seconds / several.seconds
  if (quick) return { rows: [...rows, [`${what}: ${severalLanes} lanes / one`, ratio.toFixed(2)]], goals: [] }
  return { rows, goals: [{ what: `${severalLanes} lanes / one`, value: ratio, limit: 3, sense: 'at least' }] }
}

async function copy(parts: Parts, count: number, lanes: number): Promise<Copied> {
  await using service = await startService(parts, {
    EMBEDDING_PROVIDER: 'openai',
    EMBEDDING_MODEL: 'bench',
    EMBEDDING_DIMENSION: '512',
    OPENAI_API_KEY: 'bench',
    MOVE_LANES: String(lanes),
  })
  await using database = connect({ url: parts.databaseUrl, max: 1 })
  const staff = await parts.issuer.staffToken()
  const id = `lanes-${lanes}`
  await call('POST', `${service.adminUrl}/tenants`, { id, name: id }, staff)
  const [place] = await database.sql<{ namespace: string }[]>`
    select namespace from routing join places on places.id = active_place_id where routing.tenant_id = ${id}`
  // The store counts ids, and makes the rest up.
  const vectors = Array.from({ length: count }, () => ({ id: 'v' }))
  await call('POST', `${parts.storeUrl}/vectors/upsert`, { vectors, namespace: place?.namespace })
  const { id: move } = (await call('POST', `${service.adminUrl}/tenants/${id}/moves`, { kind: 'promote' }, staff)) as {
    id: string
  }
  const at = async (state: string) => {
    for (;;) {
      const [event] = await database.sql<{ at: number }[]>`
        select extract(epoch from at)::float8 as at from move_events where move_id = ${move} and state = ${state}`
      if (event !== undefined) return event.at
      await sleep(50)
    }
  }
  const begunAt = await at('copying')
  const cpuBefore = cpuSecondsOf(service.process.pid)
  const endedAt = await at('verifying')
  const cpuS = cpuSecondsOf(service.process.pid) - cpuBefore
  const [row] = await database.sql<{ copied: number }[]>`select copied from moves where id = ${move}`
  if (row?.copied !== count) throw new Error(`${row?.copied} of ${count} records were copied`)
  return { seconds: endedAt - begunAt, cpuS }
}
