import type { TenantId } from '../../placement/tenant-id.ts'
import type { Lease } from './lease.ts'
import type { RouteView } from './route-view.ts'
import type { WritePermit } from './tenant-routes.ts'

/** Views with running writes, cached or not: a barrier waits for them. */
export class WritesUnderWay {
  readonly #busy = new Map<TenantId, Set<RouteView>>()
  readonly #lease: Lease
  readonly #storeInDoubtMs: number

  constructor(lease: Lease, storeInDoubtMs: number) {
    this.#lease = lease
    this.#storeInDoubtMs = storeInDoubtMs
  }

  isEmpty(): boolean {
    return this.#busy.size === 0
  }

  of(tenantId: TenantId): Iterable<RouteView> {
    return this.#busy.get(tenantId) ?? []
  }

  *all(): Iterable<RouteView> {
    for (const views of this.#busy.values()) yield* views
  }

  permit(tenantId: TenantId, view: RouteView): WritePermit {
    view.begin()
    if (view.writes === 1) this.#remember(tenantId, view)
    let ended = false
    const { routing } = view.route
    return {
      placement: routing.active,
      epoch: routing.epoch,
      ...(routing.phase === 'steady' ? {} : { moveId: routing.moveId }),
      session: this.#lease.id,
      signal: this.#lease.signal,
      end: (outcome) => {
        if (ended) return
        ended = true
        if (outcome === 'in_doubt') this.#lease.noteDoubt(this.#storeInDoubtMs)
        if (view.writes === 1) this.#forget(tenantId, view)
        view.end()
      },
    }
  }

  #remember(tenantId: TenantId, view: RouteView): void {
    const views = this.#busy.get(tenantId)
    if (views === undefined) this.#busy.set(tenantId, new Set([view]))
    else views.add(view)
  }

  #forget(tenantId: TenantId, view: RouteView): void {
    const views = this.#busy.get(tenantId)
    views?.delete(view)
    if (views?.size === 0) this.#busy.delete(tenantId)
  }
}
