import type { Worker } from 'node:worker_threads'
import { type Logger, pino } from 'pino'
import { vi } from 'vitest'
import { moveRows } from '../support/move-rows.ts'
import { type ServiceReplica, ServiceWorld } from '../support/service-world.ts'

const dimension = 64

/** A replica whose mover has a thread of its own, with the threads it has started and what it has logged. */
export interface ThreadReplica extends ServiceReplica {
  readonly threads: readonly Worker[]
  logged(): readonly string[]
  metric(name: string): Promise<number>
}

/** A tenant in a shared index, and replicas with movers on threads of their own. */
export class MoverWorld implements AsyncDisposable {
  readonly service: ServiceWorld
  #app = ''
  #staff = ''

  private constructor(service: ServiceWorld) {
    this.service = service
  }

  static async open(): Promise<MoverWorld> {
    return new MoverWorld(await ServiceWorld.open())
  }

  async replica(env: Readonly<Record<string, string>> = {}): Promise<ThreadReplica> {
    const threads: Worker[] = []
    const lines: string[] = []
    const log: Logger = pino({ level: 'info' }, { write: (line) => void lines.push(line) })
    const onMoverThread = (thread: Worker) => void threads.push(thread)
    const replica = await this.service.replica({ MOVER: 'thread', ...env }, { log, onMoverThread })
    return {
      ...replica,
      threads,
      logged: () => lines,
      async metric(name) {
        const { text } = await replica.admin({ path: '/metrics' })
        const line = text.split('\n').find((one) => one.startsWith(`${name} `))
        return Number(line?.split(' ').at(-1))
      },
    }
  }

  /** A tenant with records. */
  async tenant(replica: ServiceReplica, id: string, count: number): Promise<void> {
    this.#app = await this.service.onboard(replica, id)
    this.#staff = await this.service.issuer.staff('platform')
    const vectors = Array.from({ length: count }, (_, n) => ({ id: `r${n}`, values: vectorOf(n) }))
    for (let from = 0; from < count; from += 100)
      await this.done(replica, '/vectors/upsert', { vectors: vectors.slice(from, from + 100) })
  }

  async done(replica: ServiceReplica, path: string, body: unknown) {
    const answer = await replica.public({ path, authorization: this.#app, body })
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.text}`)
    return answer.json
  }

  async promote(replica: ServiceReplica, id: string): Promise<string> {
    const body = { kind: 'promote' }
    const answer = await replica.admin({ path: `/tenants/${id}/moves`, authorization: this.#staff, body })
    if (answer.status !== 202) throw new Error(`a promote: ${answer.status} ${answer.text}`)
    return answer.json.id
  }

  async cancel(replica: ServiceReplica, moveId: string): Promise<void> {
    const answer = await replica.admin({ path: `/moves/${moveId}/cancel`, authorization: this.#staff, body: {} })
    if (answer.status >= 300) throw new Error(`a cancel: ${answer.status} ${answer.text}`)
  }

  /** Waits until the move is in the state, and says why it hangs. */
  async until(moveId: string, state: string) {
    return vi.waitFor(
      async () => {
        const [row] = await this.service.home.sql`select * from moves where id = ${moveId}`
        if (row?.state === state) return row
        throw new Error(`the move is not ${state}:\n${await moveRows(this.service.home, moveId)}`)
      },
      { timeout: 120_000, interval: 100 },
    )
  }

  /** Holds every fetch of the store, so that a copy stands still. @returns what lets them go on. */
  holdFetches(): () => void {
    const { local } = this.service.local
    local.setFaults({ rules: [{ fault: 'latency', on: 'fetch', ms: 86_400_000 }] })
    return () => local.setFaults({ rules: [] })
  }

  /** Waits until a mover has claimed the move and copies. */
  async untilCopying(moveId: string): Promise<number> {
    const { mover_token: token } = await this.until(moveId, 'copying')
    return Number(token)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.service.local.local.setFaults({ rules: [] })
    await this.service[Symbol.asyncDispose]()
  }
}

export function vectorOf(n: number): readonly number[] {
  return Array.from({ length: dimension }, (_, at) => Math.fround(Math.sin(n * dimension + at + 1)))
}
