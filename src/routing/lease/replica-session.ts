import { type Clock, systemClock } from '../../clock.ts'
import type { Database } from '../../db/connect.ts'
import { routingChannel } from '../change-routing.ts'
import { AppliedReport } from './applied-report.ts'
import { Lease, type Renewal } from './lease.ts'
import type { LeasedRoutesOptions } from './leased-routes-options.ts'
import { registryAway } from './serving.ts'

/**
 * - `starting`: no lease yet.
 * - `live`: the lease holds; requests are served.
 * - `lapsed`: the lease is over; the next exchange opens a new session.
 * - `away`: the lease is over, and the last exchange found the registry unavailable.
 * - `closed`: for good.
 */
export type SessionState = 'starting' | 'live' | 'lapsed' | 'away' | 'closed'

export interface SessionEvents {
  /** Acts on changes that are stored as seen. @returns the writes that still run under the views it retires. */
  onNews(news: Renewal): readonly Draining[]
  /** Called when the session was over: everything cached under it is void. */
  onLost(): void
}

/** A tenant's writes under a retired view, and their end. */
export type Draining = Parameters<AppliedReport['after']>[0][number]

type SessionOptions = Pick<LeasedRoutesOptions, 'leaseMs' | 'onError' | 'onHung' | 'clock'>

/**
 * The replica's session with the registry: it renews the lease, reads changes, and reports what is applied. Only this
 * class keeps the order of docs/moves.md section 2: see `#exchange`.
 */
export class ReplicaSession {
  readonly lease: Lease
  readonly #database: Database
  readonly #options: SessionOptions
  readonly #clock: Clock
  readonly #events: SessionEvents
  readonly #applied: AppliedReport
  #catchingUp: Promise<void> | undefined
  #again = false
  #isOpen = false
  #isAway = false
  #isClosed = false
  #unlisten: (() => Promise<void>) | undefined
  #timer: ReturnType<Clock['every']> | undefined

  /** @param database a pool of its own: a renewal must never queue behind the service's queries. */
  constructor(database: Database, options: SessionOptions, events: SessionEvents) {
    this.#database = database
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#events = events
    this.lease = new Lease(database, options.leaseMs, this.#clock)
    this.#applied = new AppliedReport(this.lease, options.onError)
  }

  get state(): SessionState {
    if (this.#isClosed) return 'closed'
    if (!this.#isOpen) return 'starting'
    if (this.lease.isValid()) return 'live'
    return this.#isAway ? 'away' : 'lapsed'
  }

  /** Opens the session and begins to listen. */
  async start(): Promise<void> {
    await this.lease.open()
    this.#isOpen = true
    // Notifications only make a renewal earlier; the timer makes it in any case.
    const hear = () => void this.#tick()
    this.#unlisten = await this.#database.listen(routingChannel, hear, hear)
    this.#timer = this.#clock.every(this.#options.leaseMs / 4, () => void this.#tick())
  }

  /** Brings this replica up to date with the registry; one exchange at a time, and one more if asked meanwhile. */
  catchUp(): Promise<void> {
    this.#again = this.#catchingUp !== undefined
    this.#catchingUp ??= this.#catchUpUntilQuiet().finally(() => {
      this.#catchingUp = undefined
    })
    return this.#catchingUp
  }

  /** Catches up on behalf of a request. @throws AppError `registry_unavailable` when the lease is over afterwards */
  async catchUpOrFail(): Promise<void> {
    await this.catchUp().catch((error) => {
      throw registryAway(error)
    })
    if (!this.lease.isValid()) throw registryAway(undefined)
  }

  /**
   * Ends the session for good. @param isIdle called once the lease is over: without a write under way the row may go.
   */
  async close(isIdle: () => boolean): Promise<void> {
    this.#isClosed = true
    this.#timer?.stop()
    await this.#unlisten?.()
    await this.#catchingUp?.catch(() => undefined)
    this.lease.lapse()
    await this.lease.close(isIdle()).catch(() => undefined)
  }

  async #catchUpUntilQuiet(): Promise<void> {
    do {
      this.#again = false
      if (this.#isClosed) return
      await this.#exchangeOrHang()
    } while (this.#again)
  }

  /** Records whether the registry answered, and aborts an exchange that hangs. */
  async #exchangeOrHang(): Promise<void> {
    const over = new AbortController()
    const { onHung, leaseMs } = this.#options
    if (onHung !== undefined) {
      const limitMs = Math.max(1_000, leaseMs / 4)
      this.#clock.sleep(limitMs, over.signal).then(onHung, () => undefined)
    }
    try {
      await this.#exchange()
      this.#isAway = false
    } catch (error) {
      this.#isAway = true
      throw error
    } finally {
      over.abort()
    }
  }

  /** Stores seen before old views retire; raises applied when the writes under them have ended. */
  async #exchange(): Promise<void> {
    const news = await this.lease.renew()
    if (news === undefined) {
      this.lease.lapse()
      this.#events.onLost()
      return this.lease.open()
    }
    if (news.changedTenants.length === 0 && news.tick === news.before) return this.#applied.repeat()
    const draining = this.#events.onNews(news)
    this.#applied.after(draining, news.before, news.tick)
  }

  async #tick(): Promise<void> {
    if (!this.lease.isValid()) this.lease.lapse()
    try {
      await this.catchUp()
    } catch (error) {
      if (!this.lease.isValid()) this.lease.lapse()
      if (!this.#isClosed) this.#options.onError?.(error)
    }
  }
}
