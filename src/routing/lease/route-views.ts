import type { TenantId } from '../../placement/tenant-id.ts'
import type { RouteView } from './route-view.ts'
import { TwoGenerations } from './two-generations.ts'

/** A bounded cache of views, with one load per tenant at a time. */
export class RouteViews {
  readonly #views: TwoGenerations<TenantId, RouteView>
  readonly #loads = new Map<TenantId, Promise<RouteView>>()
  readonly #read: (tenantId: TenantId) => Promise<RouteView>

  constructor(max: number, read: (tenantId: TenantId) => Promise<RouteView>) {
    this.#views = new TwoGenerations(max)
    this.#read = read
  }

  get(tenantId: TenantId): RouteView | undefined {
    return this.#views.get(tenantId)
  }

  /** Loads and caches a view. If a change overtakes the load, the view comes back retired. */
  load(tenantId: TenantId): Promise<RouteView> {
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
}
