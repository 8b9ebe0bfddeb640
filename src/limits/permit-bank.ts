import type { Clock } from '../clock.ts'
import type { PermitRequest } from '../registry/permits/take-permits.ts'
import type { PermitSource } from './permit-source.ts'
import type { TenantQuota } from './tenant-quota.ts'

/** Requests for permits in one statement. */
const batch = 1000
export const refillEveryMs = 50

/**
 * Fetches permits for one replica's quotas, in one exchange at a time; requests that arrive meanwhile share the next.
 * So a request waits for Postgres only when the replica holds no permit of its tenant, and all that wait for the same
 * quota wait once.
 */
export class PermitBank {
  readonly #source: PermitSource
  readonly #clock: Pick<Clock, 'epochMs'>
  #replicas = 1
  #needs = new Map<TenantQuota, number>()
  #next = Promise.withResolvers<void>()
  #isBusy = false

  constructor(source: PermitSource, clock: Pick<Clock, 'epochMs'>) {
    this.#source = source
    this.#clock = clock
    this.#next.promise.catch(() => undefined)
  }

  /** Replicas that share the limits, as last reported. */
  get replicas(): number {
    return this.#replicas
  }

  /** Resolves when the source was asked for `need` more. @throws what the source throws. */
  fetch(quota: TenantQuota, need: number): Promise<void> {
    this.#needs.set(quota, (this.#needs.get(quota) ?? 0) + need)
    const { promise } = this.#next
    this.#start()
    return promise
  }

  /** Reports usage, fetches ahead and gives surplus back, for quotas that no request waits for. */
  async reportAndRefill(quotas: Iterable<TenantQuota>): Promise<void> {
    if (this.#isBusy) return // the next time; nothing is lost by it
    const nowMs = this.#clock.epochMs()
    const asks: [TenantQuota, PermitRequest][] = []
    for (const quota of quotas) {
      const ask = quota.refill(nowMs, this.#replicas)
      if (ask !== undefined) asks.push([quota, ask])
    }
    if (asks.length === 0) return
    this.#isBusy = true
    try {
      await this.#exchange(asks)
    } finally {
      this.#isBusy = false
      this.#start()
    }
  }

  #start(): void {
    if (this.#isBusy || this.#needs.size === 0) return
    this.#isBusy = true
    void this.#run().finally(() => {
      this.#isBusy = false
      this.#start()
    })
  }

  async #run(): Promise<void> {
    await null // what else asks in this turn goes along
    while (this.#needs.size > 0) {
      const needs = this.#needs
      const done = this.#next
      this.#needs = new Map()
      this.#next = Promise.withResolvers()
      this.#next.promise.catch(() => undefined)
      try {
        const nowMs = this.#clock.epochMs()
        await this.#exchange([...needs].map(([quota, need]) => [quota, quota.ask(need, nowMs, this.#replicas)]))
        done.resolve()
      } catch (error) {
        done.reject(error)
      }
    }
  }

  async #exchange(asks: readonly (readonly [TenantQuota, PermitRequest])[]): Promise<void> {
    for (let from = 0; from < asks.length; from += batch) {
      const some = asks.slice(from, from + batch)
      try {
        const { grants, replicas } = await this.#source.take(some.map(([, ask]) => ask))
        this.#replicas = replicas
        const nowMs = this.#clock.epochMs()
        some.forEach(([quota, ask], at) => {
          quota.granted(ask, grants[at] ?? { given: 0, left: 0 }, nowMs)
        })
      } catch (error) {
        for (const [quota, ask] of asks.slice(from)) quota.lost(ask)
        throw error
      }
    }
  }
}
