import type { TenantId } from '../../placement/tenant-id.ts'
import type { Applied, Lease } from './lease.ts'

/** A tenant with writes under a retired view: its older writes have ended up to a tick. */
interface Draining {
  readonly tenantId: TenantId
  readonly appliedTick: number
}

/**
 * Reports to the registry the tick before which every write has ended, and the tenants that are behind it: a write that
 * hangs holds up the barriers of its own tenant alone. A failed report is repeated at the next exchange, even if nothing
 * changes: a move's barrier waits for it.
 */
export class AppliedReport {
  readonly #lease: Pick<Lease, 'reportApplied'>
  readonly #onError: ((error: unknown) => void) | undefined
  readonly #draining = new Set<Draining>()
  #retiredTick = 0
  #isDue = false
  #reporting: Promise<void> | undefined

  constructor(lease: Pick<Lease, 'reportApplied'>, onError: ((error: unknown) => void) | undefined) {
    this.#lease = lease
    this.#onError = onError
  }

  /**
   * Reports that the views older than `tick` are retired.
   * @param draining the writes under way under each of them, whose tenant has applied no more than the tick `before`.
   */
  after(draining: readonly (readonly [TenantId, Promise<void>])[], before: number, tick: number): void {
    for (const [tenantId, drained] of draining) {
      const one = { tenantId, appliedTick: before }
      this.#draining.add(one)
      void drained.then(() => {
        this.#draining.delete(one)
        this.#isDue = true
        return this.repeat()
      })
    }
    this.#retiredTick = Math.max(this.#retiredTick, tick)
    this.#isDue = true
    void this.repeat()
  }

  /** Sends one report at a time, so that none overtakes a later one. */
  async repeat(): Promise<void> {
    if (this.#isDue) this.#reporting ??= this.#report()
    await this.#reporting
  }

  async #report(): Promise<void> {
    try {
      while (this.#isDue) {
        this.#isDue = false
        await this.#lease.reportApplied(this.#applied())
      }
    } catch (error) {
      this.#isDue = true
      this.#onError?.(error)
    } finally {
      this.#reporting = undefined
    }
  }

  #applied(): Applied {
    const behind = new Map<TenantId, number>()
    for (const { tenantId, appliedTick } of this.#draining)
      behind.set(tenantId, Math.min(appliedTick, behind.get(tenantId) ?? appliedTick))
    return { retiredTick: this.#retiredTick, behind }
  }
}
