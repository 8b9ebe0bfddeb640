import { type Clock, systemClock } from '../../clock.ts'
import type { Database } from '../../db/connect.ts'
import { isAppError } from '../../errors.ts'
import { type TenantRoute, writeRule } from '../../placement/phase.ts'
import { parseTenantId, type TenantId } from '../../placement/tenant-id.ts'
import { routingChannel } from '../change-routing.ts'
import { readRoute } from '../read-route.ts'
import { AppliedReport } from './applied-report.ts'
import { Lease } from './lease.ts'
import type { LeasedRoutesOptions } from './leased-routes-options.ts'
import { RouteView } from './route-view.ts'
import { RouteViews } from './route-views.ts'
import { notReady, registryAway, serving, unknownTenant, writesHeld } from './serving.ts'
import { SharedText } from './share-text.ts'
import type { TenantRoutes, WritePermit } from './tenant-routes.ts'
import { WritesUnderWay } from './writes-under-way.ts'

/** Longest time that reads may use the last known route; docs/moves.md, "Postgres away". */
export const staleReadsMaxMs = 300_000

/**
 * One replica's cache of tenant routes, invalidated by the registry and valid as long as the lease.
 *
 * Order matters and follows docs/moves.md section 2: changes are stored as `seen` before the old views are retired, and
 * a tenant's changes count as applied only when every write begun under a retired view of it has ended.
 */
export class LeasedRoutes implements TenantRoutes, AsyncDisposable {
  readonly #database: Database
  readonly #options: LeasedRoutesOptions
  readonly #clock: Clock
  readonly #lease: Lease
  readonly #views: RouteViews
  readonly #writes: WritesUnderWay
  readonly #shared = new SharedText()
  #catchingUp: Promise<void> | undefined
  #again = false
  readonly #applied: AppliedReport
  #unlisten: (() => Promise<void>) | undefined
  /** Set when the last exchange failed. */
  #isAway = false
  #timer: ReturnType<Clock['every']> | undefined
  #closed = false

  /** @param database a pool of its own: a renewal must never queue behind the service's queries. */
  constructor(database: Database, options: LeasedRoutesOptions) {
    this.#database = database
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#lease = new Lease(database, options.leaseMs, this.#clock)
    this.#views = new RouteViews(options.maxTenants ?? 100_000, (tenantId) => this.#read(tenantId))
    this.#writes = new WritesUnderWay(this.#lease, options.storeInDoubtMs)
    this.#applied = new AppliedReport(this.#lease, options.onError)
  }

  /** Opens the session and begins to listen. */
  async start(): Promise<void> {
    await this.#lease.open()
    // Sooner than the next look would tell, and never in its place.
    const hear = () => void this.#tick()
    this.#unlisten = await this.#database.listen(routingChannel, hear, hear)
    this.#timer = this.#clock.every(this.#options.leaseMs / 4, () => void this.#tick())
  }

  /** Whether this replica may serve: its lease is valid. */
  isReady(): boolean {
    return this.#lease.isValid()
  }

  find(tenantId: TenantId): TenantRoute | Promise<TenantRoute> {
    const view = this.#views.get(tenantId)
    if (view !== undefined && this.#lease.isValid()) return serving(view.route)
    return this.#findSlowly(tenantId, view)
  }

  async beginWrite(tenantId: TenantId): Promise<WritePermit> {
    const patience = this.#clock.now() + this.#options.holdMs
    for (;;) {
      const view = await this.#current(tenantId)
      const { routing } = serving(view.route)
      if (writeRule(routing.phase) === 'hold') {
        this.#options.onHeld?.()
        const leftMs = patience - this.#clock.now()
        if (leftMs <= 0) throw writesHeld()
        await Promise.race([view.whenRetired(), this.#clock.sleep(leftMs)])
      }
      // Between the last wait and here nothing else ran: a view that still stands may be written under.
      else if (!view.retired && this.#lease.isValid()) return this.#writes.permit(tenantId, view)
    }
  }

  /** Brings this replica up to date with the registry; one exchange at a time, and one more if requested meanwhile. */
  catchUp(): Promise<void> {
    this.#again = this.#catchingUp !== undefined
    this.#catchingUp ??= this.#catchUpUntilQuiet().finally(() => {
      this.#catchingUp = undefined
    })
    return this.#catchingUp
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#timer?.stop()
    await this.#unlisten?.()
    await this.#catchingUp?.catch(() => undefined)
    this.#lease.lapse()
    this.#views.retireAll()
    await this.#lease.close(this.#writes.isEmpty()).catch(() => undefined)
  }

  async #catchUpUntilQuiet(): Promise<void> {
    do {
      this.#again = false
      if (this.#closed) return
      await this.#exchange()
    } while (this.#again)
  }

  /** Runs one exchange, aborts it when it hangs, and records whether the registry was reachable. */
  async #exchange(): Promise<void> {
    const over = new AbortController()
    const { onHung, leaseMs } = this.#options
    if (onHung !== undefined) {
      const limitMs = Math.max(1_000, leaseMs / 4)
      this.#clock.sleep(limitMs, over.signal).then(onHung, () => undefined)
    }
    try {
      await this.#catchUpOnce()
      this.#isAway = false
    } catch (error) {
      this.#isAway = true
      throw error
    } finally {
      over.abort()
    }
  }

  async #catchUpOnce(): Promise<void> {
    const news = await this.#lease.renew()
    if (news === undefined) {
      this.#startOver()
      await this.#lease.open()
      return
    }
    if (news.changedTenants.length === 0 && news.tick === news.before) return this.#applied.repeat()
    const draining: [TenantId, Promise<void>][] = []
    for (const id of news.changedTenants) {
      const tenantId = parseTenantId(id)
      this.#views.retire(tenantId)
      for (const view of this.#writes.of(tenantId)) {
        view.retire()
        draining.push([tenantId, view.drained()])
      }
      this.#options.onChanged?.(tenantId)
    }
    this.#applied.after(draining, news.before, news.tick)
  }

  #startOver(): void {
    this.#lease.lapse()
    this.#views.retireAll()
    for (const view of this.#writes.all()) view.retire()
    this.#options.onChanged?.(undefined)
  }

  async #tick(): Promise<void> {
    if (!this.#lease.isValid()) this.#lease.lapse()
    try {
      await this.catchUp()
    } catch (error) {
      if (!this.#lease.isValid()) this.#lease.lapse()
      if (!this.#closed) this.#options.onError?.(error)
    }
  }

  async #findSlowly(tenantId: TenantId, remembered: RouteView | undefined): Promise<TenantRoute> {
    const stale = () => {
      const mayBe = this.#options.outageReads === 'stale' && this.#lease.lapsedForMs() <= staleReadsMaxMs
      return mayBe && remembered !== undefined ? { ...serving(remembered.route), stale: true as const } : undefined
    }
    // While it is known to be away, nobody waits for the next try.
    const known = this.#isAway && !this.#lease.isValid() ? stale() : undefined
    if (known !== undefined) return known
    try {
      return serving((await this.#current(tenantId)).route)
    } catch (error) {
      const route = isAppError(error, 'registry_unavailable') ? stale() : undefined
      if (route !== undefined) return route
      throw error
    }
  }

  /** The view under a valid lease, loaded when it is not cached. */
  async #current(tenantId: TenantId): Promise<RouteView> {
    for (;;) {
      if (!this.#lease.isValid()) await this.#renew()
      const view = this.#views.get(tenantId) ?? (await this.#views.load(tenantId))
      if (!view.retired && this.#lease.isValid()) return view
    }
  }

  async #renew(): Promise<void> {
    await this.catchUp().catch((error) => {
      throw registryAway(error)
    })
    if (!this.#lease.isValid()) throw registryAway(undefined)
  }

  async #read(tenantId: TenantId): Promise<RouteView> {
    for (;;) {
      const lookup = await readRoute(this.#database.db, tenantId).catch((error) => {
        throw registryAway(error)
      })
      if ('missing' in lookup) throw lookup.missing === 'provisioning' ? notReady() : unknownTenant()
      const { route, changeNo } = lookup.found
      // A view newer than what is stored as seen must not be used before that is stored too.
      if (changeNo <= this.#lease.seen) return new RouteView(this.#shared.route(route))
      await this.#renew()
    }
  }
}
