import postgres from 'postgres'
import type { Database } from '../../src/db/connect.ts'
import { build } from './build-db.ts'
import type { Schedule } from './schedule.ts'

/**
 * Real Postgres under a simulated clock and in one order: all actors share a connection, every statement or transaction
 * is one point of the schedule, and `now()` and `clock_timestamp()` are ours.
 */
export class SimSql implements AsyncDisposable {
  readonly real: postgres.Sql
  readonly #schedule: Schedule
  readonly #listeners: {
    readonly actor: string
    readonly channel: string
    readonly hear: (payload: string) => void
  }[] = []
  readonly #cutOff = new Set<string>()
  #saidMs = 0

  private constructor(real: postgres.Sql, schedule: Schedule) {
    this.real = real
    this.#schedule = schedule
  }

  static async open(url: string, schedule: Schedule): Promise<SimSql> {
    const real = postgres(url, {
      ...{ max: 1, onnotice: () => undefined, idle_timeout: 0 },
      connection: { search_path: 'sim, public, pg_catalog' },
    })
    await real.unsafe(`create schema if not exists sim; create sequence if not exists sim.ticks;
      create or replace function sim.now() returns timestamptz language sql stable as
        $$ select pg_catalog.to_timestamp(pg_catalog.current_setting('sim.now_ms')::float8 / 1000) $$;
      create or replace function sim.clock_timestamp() returns timestamptz language sql volatile as
        $$ select sim.now() + pg_catalog.nextval('sim.ticks') * interval '1 microsecond' $$;
      do $$ declare one text; begin
        set local session_replication_role = replica;
        for one in select tablename from pg_tables where schemaname = 'public' and tablename <> 'routing_clock' loop
          execute format('delete from public.%I', one);
        end loop;
      end $$;`)
    return new SimSql(real, schedule)
  }

  /** Postgres as one process sees it. */
  connect(actor: string): Database {
    const sql = this.#client(actor)
    return { sql, db: build(sql), async [Symbol.asyncDispose]() {} }
  }

  /** What the actor asks of Postgres fails from now on, and it hears nothing, until it is joined again. */
  cutOff(actor: string, isCutOff: boolean): void {
    if (isCutOff) this.#cutOff.add(actor)
    else this.#cutOff.delete(actor)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.real.end({ timeout: 1 })
  }

  #client(actor: string): postgres.Sql {
    const run = async <T>(label: string, work: () => Promise<T>): Promise<T> => {
      await this.#schedule.point(actor, label)
      if (this.#cutOff.has(actor)) throw new Error('connection refused')
      return this.#schedule.busy(() => {
        this.#sayTime()
        return work()
      })
    }
    const unsafe = (query: string, params: unknown[] = []) => {
      const label = `sql ${query.replaceAll(/\s+/g, ' ').trim().slice(0, 160)}`
      const go = (shape: 'rows' | 'values') =>
        run(label, async () => {
          const pending = this.real.unsafe(query, params as never[])
          const rows = await (shape === 'values' ? pending.values() : pending)
          this.#announce(actor, query)
          return rows
        })
      // Like the driver's: nothing is sent before it is awaited.
      const lazy = { values: () => go('values') }
      // biome-ignore lint/suspicious/noThenProperty: the driver's queries are awaited like this
      return Object.assign(lazy, { then: (done: never, failed: never) => go('rows').then(done, failed) })
    }
    const begin = (work: (inner: postgres.TransactionSql) => Promise<unknown>) =>
      run('tx', async () => {
        const said: string[] = []
        const result = await this.real.begin((inner) => {
          const spied = new Proxy(inner, {
            get: (target, key) =>
              key === 'unsafe'
                ? (query: string, params: never[]) => {
                    said.push(query)
                    return target.unsafe(query, params)
                  }
                : Reflect.get(target, key),
          })
          return work(spied)
        })
        for (const query of said) this.#announce(actor, query)
        return result
      })
    const listen = async (channel: string, hear: (payload: string) => void, onListen?: () => void) => {
      this.#listeners.push({ actor, channel, hear })
      onListen?.()
      return { unlisten: async () => undefined }
    }
    const tagged = (strings: TemplateStringsArray, ...values: never[]) =>
      run(`sql ${strings.join('?').replaceAll(/\s+/g, ' ').trim().slice(0, 160)}`, () => this.real(strings, ...values))
    return new Proxy(tagged as unknown as postgres.Sql, {
      get: (_, key) => ({ unsafe, begin, listen })[key as string] ?? Reflect.get(this.real, key),
    })
  }

  /** After a commit that told of something, everyone who listens hears of it, each in its own time. */
  #announce(_: string, query: string): void {
    if (!query.includes('pg_notify')) return
    for (const { actor, hear } of this.#listeners) {
      void this.#schedule.point(actor, 'hears').then(() => {
        if (!this.#cutOff.has(actor)) hear('')
      })
    }
  }

  #sayTime(): void {
    const { nowMs } = this.#schedule
    if (this.#saidMs === nowMs) return
    this.#saidMs = nowMs
    void this.real
      .unsafe(`select set_config('sim.now_ms', '${nowMs}', false), setval('sim.ticks', 1)`)
      .catch(() => undefined)
  }
}
