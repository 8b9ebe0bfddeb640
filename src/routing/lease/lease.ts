import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Clock } from '../../clock.ts'
import type { Database } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import { replicaAbilities } from '../../placement/replica-ability.ts'

/**
 * The result of one exchange with the registry: the tick this replica has now seen, and the tenants that changed since.
 */
export interface Renewal {
  readonly tick: number
  /** The tick seen before this exchange. */
  readonly before: number
  readonly changedTenants: readonly string[]
}

/** The older writes of this replica that have ended. */
export interface Applied {
  /** No new write begins under a view older than this tick. */
  readonly retiredTick: number
  /** Tenants with older writes under way, and the tick before which theirs have ended. */
  readonly behind: ReadonlyMap<string, number>
}

/**
 * This replica's row in `sessions`. The row's expiry is the time until which others count on this replica. `isValid` is
 * the replica's own view: it uses a monotonic clock and ends 10 % sooner (docs/moves.md A4).
 */
export class Lease {
  readonly #database: Pick<Database, 'sql'>
  readonly #leaseMs: number
  readonly #clock: Clock
  #id = randomUUID()
  #seen = 0
  #validUntilMs = 0
  #lapse = new AbortController()
  #doubtUntilMs = 0
  #watched = false

  constructor(database: Pick<Database, 'sql'>, leaseMs: number, clock: Clock) {
    this.#database = database
    this.#leaseMs = leaseMs
    this.#clock = clock
  }

  /** Id of the session whose end `signal` reports. */
  get id(): string {
    return this.#id
  }

  get seen(): number {
    return this.#seen
  }

  isValid(): boolean {
    return this.#clock.now() < this.#validUntilMs
  }

  /** Milliseconds since the lease expired; 0 while it is valid. */
  lapsedForMs(): number {
    return Math.max(0, this.#clock.now() - this.#validUntilMs)
  }

  /** Fires when the lease is lost; the next lease has a new signal. */
  get signal(): AbortSignal {
    return this.#lapse.signal
  }

  /** Begins a session that has seen everything up to now. */
  async open(): Promise<void> {
    const sentAtMs = this.#clock.now()
    const id = randomUUID()
    const [row] = await this.#database.sql<{ tick: string }[]>`
      insert into sessions (id, host, expires_at, seen, applied, retired, doubt_until, knows)
      select ${id}, ${hostname()}, now() + ${this.#interval()}::interval, tick, tick, tick, ${this.#doubt()}::interval + now(),
        ${JSON.stringify(replicaAbilities)}::text::jsonb from routing_clock
      returning seen as tick`
    if (row === undefined) throw new Error('routing_clock has no row: run the migrations')
    this.#id = id
    this.#seen = Number(row.tick)
    this.#hold(sentAtMs)
  }

  /**
   * Reads changes and then stores that it has seen them, before the caller acts on them.
   * @returns undefined when the session was already over: everything cached under it is void.
   */
  async renew(): Promise<Renewal | undefined> {
    const [news] = await this.#database.sql<{ tick: string; changed: string[] | null }[]>`
      select tick, (select array_agg(tenant_id) from routing where change_no > ${this.#seen}) as changed from routing_clock`
    if (news === undefined) throw new Error('routing_clock has no row: run the migrations')
    const sentAtMs = this.#clock.now()
    const renewed = await this.#database.sql`
      update sessions set expires_at = now() + ${this.#interval()}::interval, seen = ${news.tick}
      where id = ${this.#id} and expires_at > now()`
    if (renewed.count === 0) return undefined
    const before = this.#seen
    this.#seen = Number(news.tick)
    this.#hold(sentAtMs)
    return { tick: this.#seen, before, changedTenants: news.changed ?? [] }
  }

  /** Reports which writes have ended, and the doubts they left: in one statement, doubts first. A report older than the row changes nothing. */
  async reportApplied({ retiredTick, behind }: Applied): Promise<void> {
    const appliedTick = Math.min(retiredTick, ...behind.values())
    const draining = JSON.stringify(Object.fromEntries(behind))
    await this.#database.sql`
      update sessions set applied = greatest(applied, ${appliedTick}), retired = ${retiredTick},
        draining = ${draining}::text::jsonb, doubt_until = greatest(doubt_until, now() + ${this.#doubt()}::interval)
      where id = ${this.#id} and retired <= ${retiredTick}`
  }

  /** Records a write of this replica without an answer: it may land until `inDoubtMs` from now. */
  noteDoubt(inDoubtMs: number): void {
    this.#doubtUntilMs = Math.max(this.#doubtUntilMs, this.#clock.now() + inDoubtMs)
  }

  /** Gives the lease up at once: the replica serves nothing under it any more. */
  lapse(): void {
    this.#validUntilMs = Math.min(this.#validUntilMs, this.#clock.now())
    // A caller whose store call was stopped before it left gets the same error as without a lease.
    const words = 'The lease of this replica is over. Nothing was changed; try again.'
    this.#lapse.abort(new AppError('registry_unavailable', words, { retryAfterS: 2 }))
  }

  /**
   * Ends the session. Its row may go only if no write is under way; with a write in doubt the row stays, expired, so
   * that a move still waits for it.
   */
  async close(settled: boolean): Promise<void> {
    this.lapse()
    if (settled && this.#doubtUntilMs <= this.#clock.now()) {
      await this.#database.sql`delete from sessions where id = ${this.#id}`
    } else {
      await this.#database
        .sql`update sessions set expires_at = now(), doubt_until = greatest(doubt_until, now() + ${this.#doubt()}::interval) where id = ${this.#id}`
    }
  }

  #hold(sentAtMs: number): void {
    this.#validUntilMs = sentAtMs + this.#leaseMs * 0.9
    if (this.#lapse.signal.aborted) this.#lapse = new AbortController()
    void this.#watch()
  }

  /** Lapses on time: later requests would go out under a session that others no longer wait for. */
  async #watch(): Promise<void> {
    if (this.#watched) return
    this.#watched = true
    for (let leftMs = this.#leftMs(); leftMs > 0; leftMs = this.#leftMs()) await this.#clock.sleep(leftMs)
    this.#watched = false
    if (!this.#lapse.signal.aborted) this.lapse()
  }

  #leftMs(): number {
    return Math.ceil(this.#validUntilMs - this.#clock.now())
  }

  #interval(): string {
    return `${this.#leaseMs} milliseconds`
  }

  #doubt(): string {
    return `${Math.max(0, Math.ceil(this.#doubtUntilMs - this.#clock.now()))} milliseconds`
  }
}
