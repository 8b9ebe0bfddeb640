import { systemClock } from '../../clock.ts'
import type { Database } from '../../db/connect.ts'
import { isAppError } from '../../errors.ts'
import type { TenantRoute } from '../../placement/phase.ts'
import { parseTenantId, type TenantId } from '../../placement/tenant-id.ts'
import type { Renewal } from './lease.ts'
import type { LeasedRoutesOptions } from './leased-routes-options.ts'
import { type Draining, ReplicaSession } from './replica-session.ts'
import { RouteCache } from './route-cache.ts'
import type { RouteView } from './route-view.ts'
import { serving } from './serving.ts'
import type { TenantRoutes, WritePermit } from './tenant-routes.ts'
import { WriteAdmission } from './write-admission.ts'

/** Longest time that reads may use the last known route; docs/moves.md, "Postgres away". */
export const staleReadsMaxMs = 300_000

/**
 * One replica's tenant routes: `RouteCache` caches them, `ReplicaSession` knows how long they are valid and what
 * changed, `WriteAdmission` lets writes begin under them.
 */
export class LeasedRoutes implements TenantRoutes, AsyncDisposable {
  readonly #options: LeasedRoutesOptions
  readonly #session: ReplicaSession
  readonly #cache: RouteCache
  readonly #admission: WriteAdmission

  /** @param database a pool of its own: a renewal must never queue behind the service's queries. */
  constructor(database: Database, options: LeasedRoutesOptions) {
    this.#options = options
    this.#session = new ReplicaSession(database, options, {
      onNews: (news) => this.#applyNews(news),
      onLost: () => this.#startOver(),
    })
    const { lease } = this.#session
    this.#cache = new RouteCache(database.db, this.#session, options.maxTenants ?? 100_000)
    this.#admission = new WriteAdmission(this.#cache, lease, options, options.clock ?? systemClock)
  }

  /** Opens the session and begins to listen. */
  start(): Promise<void> {
    return this.#session.start()
  }

  /** Whether this replica may serve: its lease holds. */
  isReady(): boolean {
    return this.#session.lease.isValid()
  }

  find(tenantId: TenantId): TenantRoute | Promise<TenantRoute> {
    const view = this.#cache.get(tenantId)
    if (view !== undefined && this.#session.lease.isValid()) return serving(view.route)
    return this.#findSlowly(tenantId, view)
  }

  beginWrite(tenantId: TenantId): Promise<WritePermit> {
    return this.#admission.begin(tenantId)
  }

  catchUp(): Promise<void> {
    return this.#session.catchUp()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.close(() => {
      this.#cache.retireAll()
      return this.#admission.isIdle()
    })
  }

  /**
   * Retires what changed. The session has stored the changes as seen before, and reports them as applied when these
   * writes end.
   */
  #applyNews({ changedTenants }: Renewal): readonly Draining[] {
    return changedTenants.flatMap((id) => {
      const tenantId = parseTenantId(id)
      this.#cache.retire(tenantId)
      const draining = this.#admission.retire(tenantId)
      this.#options.onChanged?.(tenantId)
      return draining
    })
  }

  #startOver(): void {
    this.#cache.retireAll()
    this.#admission.retireAll()
    this.#options.onChanged?.(undefined)
  }

  async #findSlowly(tenantId: TenantId, remembered: RouteView | undefined): Promise<TenantRoute> {
    const stale = () => {
      const mayBe = this.#options.outageReads === 'stale' && this.#session.lease.lapsedForMs() <= staleReadsMaxMs
      return mayBe && remembered !== undefined ? { ...serving(remembered.route), stale: true as const } : undefined
    }
    // While the registry is known to be unavailable, no read waits for the next try.
    const known = this.#session.state === 'away' ? stale() : undefined
    if (known !== undefined) return known
    try {
      return serving((await this.#cache.current(tenantId)).route)
    } catch (error) {
      const route = isAppError(error, 'registry_unavailable') ? stale() : undefined
      if (route !== undefined) return route
      throw error
    }
  }
}
