import type postgres from 'postgres'
import type { Database } from '../../src/db/connect.ts'
import { build } from './build-db.ts'
import { emptied, type OneConnection, oneConnection, prepared } from './one-connection.ts'
import type { Schedule } from './schedule.ts'

/**
 * Real Postgres under a simulated clock and in one order: all actors share a connection, every statement or transaction
 * is one point of the schedule, and `now()` and `clock_timestamp()` are ours.
 */
export class SimSql implements AsyncDisposable {
  readonly real: OneConnection
  readonly #own: OneConnection | undefined
  readonly #schedule: Schedule
  readonly #listeners: {
    readonly actor: string
    readonly channel: string
    readonly hear: (payload: string) => void
  }[] = []
  readonly #cutOff = new Set<string>()
  #saidMs = 0
  readonly #looked = new Map<string, Looked>()
  /** Rows that the last statement outside of a transaction gave back or changed. */
  touched = 0
  /** Rows that committed transactions have changed so far. */
  changes = 0
  /** Statements of the last transaction. */
  said: readonly Said[] = []

  private constructor(real: OneConnection, schedule: Schedule, own: OneConnection | undefined) {
    this.real = real
    this.#schedule = schedule
    this.#own = own
  }

  /** @param connection to a migrated database that nobody else uses; its rows are dropped. */
  static async open(connection: OneConnection | string, schedule: Schedule): Promise<SimSql> {
    const own = typeof connection === 'string' ? oneConnection(connection) : undefined
    const real = own ?? (connection as OneConnection)
    await emptied(real)
    const sql = new SimSql(real, schedule, own)
    sql.tellTime()
    return sql
  }

  /** Postgres as one process sees it. */
  connect(actor: string): Database {
    const sql = this.#client(actor)
    return {
      sql,
      db: build(sql),
      listen: async (channel, hear, missed) => {
        this.#listeners.push({ actor, channel, hear })
        missed?.()
        return async () => undefined
      },
      replace: () => undefined,
      async [Symbol.asyncDispose]() {},
    }
  }

  /** Cuts an actor off: its calls to Postgres fail and it hears nothing, until it is joined again. */
  cutOff(actor: string, isCutOff: boolean): void {
    if (isCutOff) this.#cutOff.add(actor)
    else this.#cutOff.delete(actor)
  }

  /** Gives the next statements the present time. */
  tellTime(): void {
    const { nowMs } = this.#schedule
    if (this.#saidMs === nowMs) return
    this.#saidMs = nowMs
    this.real`select set_config('sim.now_ms', ${String(nowMs)}, false), setval('sim.ticks', 1)`.catch(() => undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#own?.end({ timeout: 1 })
  }

  #client(actor: string): postgres.Sql {
    const run = async <T>(label: string, isTimed: boolean, work: () => Promise<T>): Promise<T> => {
      await this.#schedule.point(actor, label)
      if (this.#cutOff.has(actor)) throw new Error('connection refused')
      return this.#schedule.busy(() => {
        if (isTimed) this.tellTime()
        return work()
      })
    }
    const unsafe = (query: string, params: readonly unknown[] = []) => {
      const { label, isTimed } = this.#look(query)
      return lazily((shape) =>
        run(label, isTimed, async () => {
          const rows = await ask(this.real, query, params, shape)
          this.touched = rows.count
          this.#announce(query, params)
          return rows
        }),
      )
    }
    const begin = (work: (inner: postgres.TransactionSql) => Promise<unknown>) =>
      run('tx', true, async () => {
        const said: Said[] = []
        let changes = 0
        const result = await this.real.begin((inner) => {
          const spied = (query: string, params: readonly unknown[] = []) =>
            lazily(async (shape) => {
              said.push([query, params])
              const rows = await ask(inner, query, params, shape)
              if (rows.command !== 'SELECT') changes += rows.count
              return rows
            })
          return work(new Proxy(inner, { get: (target, key) => (key === 'unsafe' ? spied : Reflect.get(target, key)) }))
        })
        this.changes += changes
        this.said = said
        for (const [query, params] of said) this.#announce(query, params)
        return result
      })
    const tagged = (strings: TemplateStringsArray, ...values: never[]) => {
      const { label, isTimed } = this.#look(strings.join('?'))
      return run(label, isTimed, async () => {
        const rows = await this.real(strings, ...values)
        this.touched = rows.count
        return rows
      })
    }
    return new Proxy(tagged as unknown as postgres.Sql, {
      get: (_, key) => ({ unsafe, begin })[key as string] ?? Reflect.get(this.real, key),
    })
  }

  /** Announces a commit's notifications to every listener, each in its own time. */
  #announce(query: string, [channel]: readonly unknown[]): void {
    if (!query.includes('pg_notify')) return
    for (const one of this.#listeners) {
      if (one.channel !== channel) continue
      void this.#schedule.point(one.actor, 'hears').then(() => {
        if (!this.#cutOff.has(one.actor)) one.hear('')
      })
    }
  }

  #look(query: string): Looked {
    const known = this.#looked.get(query)
    if (known !== undefined) return known
    const label = `sql ${query.replaceAll(/\s+/g, ' ').trim().slice(0, 160)}`
    const look = { label, isTimed: /now\(\)|clock_timestamp\(\)/.test(query) }
    this.#looked.set(query, look)
    return look
  }
}

export type Said = readonly [query: string, params: readonly unknown[]]

interface Looked {
  readonly label: string
  /** Whether it asks for the time. */
  readonly isTimed: boolean
}

type Shape = 'rows' | 'values'

/** Like the driver's queries: nothing is sent before it is awaited. */
function lazily<T>(go: (shape: Shape) => Promise<T>) {
  // biome-ignore lint/suspicious/noThenProperty: the driver's queries are awaited like this
  return { values: () => go('values'), then: (done: never, failed: never) => go('rows').then(done, failed) }
}

async function ask(
  sql: postgres.Sql | postgres.TransactionSql,
  query: string,
  params: readonly unknown[],
  shape: Shape,
) {
  const pending = sql.unsafe(query, params as never[], prepared)
  return shape === 'values' ? pending.values() : pending
}
