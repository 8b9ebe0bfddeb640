import type { TenantId } from '../placement/tenant-id.ts'
import type { CounterSeries, FastCounter } from './fast-counter.ts'

export interface BusiestTenantsOptions {
  /** Tenants with a label of their own; all others share `other`. */
  readonly max?: number
  /** Requests after which the busiest are chosen again. */
  readonly windowRequests?: number
}

interface Seen {
  recent: number
  own: { readonly ok: CounterSeries; readonly failed: CounterSeries } | undefined
}

/** Tenants tracked for a label, at most, which bounds memory. */
const watchedMax = 5000

/**
 * Requests by tenant with a bounded number of series: one label per tenant would make a hundred thousand. Labels go to
 * recent traffic: counts halve with each window. `other` counts only requests that had no label at the time, so it
 * never falls; a returning tenant starts at 0, which Prometheus takes for a restart.
 */
export class BusiestTenants {
  readonly #counter: FastCounter
  readonly #max: number
  readonly #windowRequests: number
  readonly #seen = new Map<TenantId, Seen>()
  readonly #other: { readonly ok: CounterSeries; readonly failed: CounterSeries }
  #labelled = 0
  #sinceChosen = 0

  constructor(counter: FastCounter, options: BusiestTenantsOptions = {}) {
    this.#counter = counter
    this.#max = options.max ?? 50
    this.#windowRequests = options.windowRequests ?? 10_000
    this.#other = this.#seriesOf('other')
  }

  count(tenantId: TenantId, failed: boolean): void {
    let seen = this.#seen.get(tenantId)
    if (seen === undefined && this.#seen.size < watchedMax) {
      seen = { recent: 0, own: undefined }
      this.#seen.set(tenantId, seen)
    }
    if (seen !== undefined) {
      seen.recent++
      // A tenant may be called `other`; it is then counted with the others.
      if (seen.own === undefined && this.#labelled < this.#max && tenantId !== 'other') this.#label(tenantId, seen)
    }
    const series = seen?.own ?? this.#other
    if (failed) series.failed.inc()
    else series.ok.inc()
    if (++this.#sinceChosen >= this.#windowRequests) this.#chooseAgain()
  }

  #chooseAgain(): void {
    this.#sinceChosen = 0
    const byTraffic = [...this.#seen].sort(([, a], [, b]) => b.recent - a.recent)
    byTraffic.forEach(([, seen], rank) => {
      if (rank >= this.#max && seen.own !== undefined) this.#unlabel(seen)
    })
    for (const [tenantId, seen] of byTraffic.slice(0, this.#max)) {
      if (seen.own === undefined && tenantId !== 'other') this.#label(tenantId, seen)
    }
    for (const [tenantId, seen] of byTraffic) {
      seen.recent = Math.floor(seen.recent / 2)
      if (seen.recent === 0 && seen.own === undefined) this.#seen.delete(tenantId)
    }
  }

  #label(tenantId: TenantId, seen: Seen): void {
    seen.own = this.#seriesOf(tenantId)
    this.#labelled++
  }

  #unlabel(seen: Seen): void {
    if (seen.own === undefined) return
    this.#counter.drop(seen.own.ok)
    this.#counter.drop(seen.own.failed)
    seen.own = undefined
    this.#labelled--
  }

  #seriesOf(tenant: string) {
    return {
      ok: this.#counter.series({ tenant, outcome: 'ok' }),
      failed: this.#counter.series({ tenant, outcome: 'failed' }),
    }
  }
}
