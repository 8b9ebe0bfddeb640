import type { Clock } from '../../clock.ts'
import { writeRule } from '../../placement/phase.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import type { Lease } from './lease.ts'
import type { Draining } from './replica-session.ts'
import type { RouteCache } from './route-cache.ts'
import type { RouteView } from './route-view.ts'
import { serving, writesHeld } from './serving.ts'
import type { WritePermit } from './tenant-routes.ts'

export interface WriteAdmissionOptions {
  readonly storeInDoubtMs: number
  /** Longest wait of a write for the end of a cutover; no fence lasts longer. */
  readonly holdMs: number
  readonly onHeld?: () => void
}

/** Writes under way under one view, and the callers that wait for their end. */
interface UnderWay {
  count: number
  onDrained?: PromiseWithResolvers<void>
}

/**
 * Admits writes, each under the view of its tenant's route, and knows those under way, whether or not their view is
 * still cached: a move's barrier waits for them.
 */
export class WriteAdmission {
  readonly #cache: Pick<RouteCache, 'current'>
  readonly #lease: Lease
  readonly #options: WriteAdmissionOptions
  readonly #clock: Pick<Clock, 'now' | 'sleep'>
  readonly #busy = new Map<TenantId, Map<RouteView, UnderWay>>()

  constructor(
    cache: Pick<RouteCache, 'current'>,
    lease: Lease,
    options: WriteAdmissionOptions,
    clock: Pick<Clock, 'now' | 'sleep'>,
  ) {
    this.#cache = cache
    this.#lease = lease
    this.#options = options
    this.#clock = clock
  }

  /** Begins a write; see `TenantRoutes.beginWrite`. */
  async begin(tenantId: TenantId): Promise<WritePermit> {
    const patience = this.#clock.now() + this.#options.holdMs
    for (;;) {
      const view = await this.#cache.current(tenantId)
      const { routing } = serving(view.route)
      if (writeRule(routing.phase) === 'hold') {
        this.#options.onHeld?.()
        const leftMs = patience - this.#clock.now()
        if (leftMs <= 0) throw writesHeld()
        await Promise.race([view.whenRetired(), this.#clock.sleep(leftMs)])
      }
      // Between the last wait and here nothing else ran: a view that still stands may be written under.
      else if (!view.isRetired && this.#lease.isValid()) return this.#permit(tenantId, view)
    }
  }

  isIdle(): boolean {
    return this.#busy.size === 0
  }

  /** Retires the views that writes of the tenant run under. @returns the end of those writes, view by view. */
  retire(tenantId: TenantId): readonly Draining[] {
    return [...(this.#busy.get(tenantId) ?? [])].map(([view, writes]) => {
      view.retire()
      writes.onDrained ??= Promise.withResolvers()
      return [tenantId, writes.onDrained.promise] as const
    })
  }

  retireAll(): void {
    for (const views of this.#busy.values()) for (const view of views.keys()) view.retire()
  }

  #permit(tenantId: TenantId, view: RouteView): WritePermit {
    const writes = this.#underWay(tenantId, view)
    writes.count += 1
    let ended = false
    const { routing } = view.route
    return {
      placement: routing.active,
      epoch: routing.epoch,
      ...(routing.phase === 'steady' ? {} : { moveId: routing.moveId, follower: routing.follower }),
      session: this.#lease.id,
      signal: this.#lease.signal,
      end: (outcome) => {
        if (ended) return
        ended = true
        if (outcome === 'in_doubt') this.#lease.noteDoubt(this.#options.storeInDoubtMs)
        writes.count -= 1
        if (writes.count === 0) this.#forget(tenantId, view, writes)
      },
    }
  }

  #underWay(tenantId: TenantId, view: RouteView): UnderWay {
    let views = this.#busy.get(tenantId)
    if (views === undefined) {
      views = new Map()
      this.#busy.set(tenantId, views)
    }
    let writes = views.get(view)
    if (writes === undefined) {
      writes = { count: 0 }
      views.set(view, writes)
    }
    return writes
  }

  #forget(tenantId: TenantId, view: RouteView, writes: UnderWay): void {
    const views = this.#busy.get(tenantId)
    views?.delete(view)
    if (views?.size === 0) this.#busy.delete(tenantId)
    writes.onDrained?.resolve()
  }
}
