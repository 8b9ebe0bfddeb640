import { setTimeout as sleep } from 'node:timers/promises'
import type { connect } from '../src/db/connect.ts'
import { call, type Parts, type Service, setFaults } from './harness/parts.ts'
import { seededRandom, unitVector } from './harness/sample-tenant.ts'

export const pauseDimension = 512
/** Rows of the log inserted by one statement. */
export const insertedAtOnce = 50_000
/** Records of the tenant; more would only make the copy longer. */
const records = 200
/** Pause between two writes of the app that writes all the time. */
const betweenWritesMs = 20

export interface WritePause {
  /** Time from when writes are held until the other side takes them, as the move reports it. */
  readonly heldMs: number
  /** The app's longest wait for one write, including all its tries. */
  readonly longestMs: number
}

/**
 * Promotes a tenant that writes steadily, after a given number of records was touched during the move. The rows of the
 * log are inserted while the move is paused in its copy: their origin makes no difference to the cutover.
 */
export async function writePause(
  parts: Parts,
  service: Service,
  database: ReturnType<typeof connect>,
  { tenantId, touched }: { readonly tenantId: string; readonly touched: number },
): Promise<WritePause> {
  const staff = await parts.issuer.staffToken()
  const token = await parts.issuer.tenantToken(tenantId)
  await call('POST', `${service.adminUrl}/tenants`, { id: tenantId, name: tenantId }, staff)
  const random = seededRandom(touched)
  const record = (n: number) => ({ id: `v-${n}`, values: unitVector(random), metadata: { n } })
  await call(
    'POST',
    `${service.url}/vectors/upsert`,
    { vectors: Array.from({ length: records }, (_, n) => record(n)) },
    token,
  )
  await setFaults(parts, { rules: [{ fault: 'latency', on: 'list', ms: 2_000 }] })
  const order = { kind: 'promote' }
  const { id } = (await call('POST', `${service.adminUrl}/tenants/${tenantId}/moves`, order, staff)) as { id: string }
  const move = `${service.adminUrl}/moves/${id}`
  await until(move, staff, 'copying')
  await call('POST', `${move}/pause`, {}, staff)
  await setFaults(parts, { rules: [] })
  // Some at once: a statement of a minute is taken for one that hangs.
  for (let from = 0; from < touched; from += insertedAtOnce)
    await database.sql`
      insert into dirty (move_id, record_id, seq, state, is_put, intent_at, done_at, deadline, synced_seq, synced_at, verified_seq)
      select ${id}, 'gone-' || n, seq, 'done', false, now(), now(), now(), seq, now(), seq from (
        select n, nextval('write_seq') as seq
        from generate_series(${from + 1}::int, ${Math.min(touched, from + insertedAtOnce)}::int) as n) as numbered`
  await database.sql`analyze dirty`
  const app = new SteadyWriter(`${service.url}/vectors/upsert`, token, record)
  await call('POST', `${move}/resume`, {}, staff)
  const { writePauseMs } = await until(move, staff, 'soaking')
  return { heldMs: writePauseMs ?? Number.NaN, longestMs: await app.stop() }
}

/** Writes one after another, each repeated as long as it is refused. */
class SteadyWriter {
  #stopped = false
  readonly #done: Promise<number>

  constructor(url: string, token: string, record: (n: number) => object) {
    this.#done = this.#write(url, token, record)
    this.#done.catch(() => undefined)
  }

  /** @returns the longest wait for a write, in ms. */
  stop(): Promise<number> {
    this.#stopped = true
    return this.#done
  }

  async #write(url: string, token: string, record: (n: number) => object): Promise<number> {
    let longestMs = 0
    for (let n = 0; !this.#stopped; n += 1) {
      const startedAt = performance.now()
      const body = JSON.stringify({ vectors: [record(n % records)] })
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
      for (;;) {
        const { status } = await fetch(url, { method: 'POST', headers, body })
        if (status === 200) break
        if (status !== 503) throw new Error(`a write was answered ${status}`)
        await sleep(5)
      }
      longestMs = Math.max(longestMs, performance.now() - startedAt)
      await sleep(betweenWritesMs)
    }
    return longestMs
  }
}

interface MoveLook {
  readonly state: string
  readonly error: string | null
  readonly writePauseMs: number | null
}

async function until(move: string, token: string, state: string): Promise<MoveLook> {
  for (;;) {
    const view = (await call('GET', move, undefined, token)) as MoveLook
    if (view.state === state) return view
    if (['failed', 'cancelling', 'cancelled'].includes(view.state)) throw new Error(`${view.state}: ${view.error}`)
    await sleep(20)
  }
}
