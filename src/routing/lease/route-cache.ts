import type { Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import type { ReplicaSession } from './replica-session.ts'
import { RouteReader } from './route-reader.ts'
import { RouteView } from './route-view.ts'
import { notReady, registryAway, unknownTenant } from './serving.ts'
import { SharedText } from './share-text.ts'
import { TwoGenerations } from './two-generations.ts'

/** A replica's bounded cache of routes, with one load per tenant at a time. It knows nothing of writes. */
export class RouteCache {
  readonly #reader: RouteReader
  readonly #session: Pick<ReplicaSession, 'lease' | 'catchUpOrFail'>
  readonly #views: TwoGenerations<TenantId, RouteView>
  readonly #loads = new Map<TenantId, Promise<RouteView>>()
  readonly #shared = new SharedText()

  constructor(db: Tx, session: Pick<ReplicaSession, 'lease' | 'catchUpOrFail'>, maxTenants: number) {
    this.#reader = new RouteReader(db)
    this.#session = session
    this.#views = new TwoGenerations(maxTenants)
  }

  /** The cached view, if there is one; the lease may be over. */
  get(tenantId: TenantId): RouteView | undefined {
    return this.#views.get(tenantId)
  }

  /** The view under a valid lease, loaded when it is not cached. @throws AppError as `TenantRoutes.find` */
  async current(tenantId: TenantId): Promise<RouteView> {
    for (;;) {
      if (!this.#session.lease.isValid()) await this.#session.catchUpOrFail()
      const view = this.#views.get(tenantId) ?? (await this.#load(tenantId))
      if (!view.isRetired && this.#session.lease.isValid()) return view
    }
  }

  retire(tenantId: TenantId): void {
    this.#views.get(tenantId)?.retire()
    this.#views.delete(tenantId)
    this.#loads.delete(tenantId)
  }

  retireAll(): void {
    for (const view of this.#views.values()) view.retire()
    this.#views.clear()
    this.#loads.clear()
  }

  /** Reads a view and remembers it, unless a change overtook the reading: then it comes back retired. */
  #load(tenantId: TenantId): Promise<RouteView> {
    const running = this.#loads.get(tenantId)
    if (running !== undefined) return running
    const load = this.#read(tenantId)
      .then((view) => {
        if (this.#loads.get(tenantId) === load) this.#views.set(tenantId, view)
        else view.retire()
        return view
      })
      .finally(() => {
        if (this.#loads.get(tenantId) === load) this.#loads.delete(tenantId)
      })
    this.#loads.set(tenantId, load)
    return load
  }

  async #read(tenantId: TenantId): Promise<RouteView> {
    for (;;) {
      const lookup = await this.#reader.read(tenantId).catch((error) => {
        throw registryAway(error)
      })
      if ('missing' in lookup) throw lookup.missing === 'provisioning' ? notReady() : unknownTenant()
      const { route, changeNo } = lookup.found
      // A view newer than the tick that is stored as seen must not be used before that is stored too.
      if (changeNo <= this.#session.lease.seen) return new RouteView(this.#shared.route(route))
      await this.#session.catchUpOrFail()
    }
  }
}
