import type { Lease } from './lease.ts'

/**
 * Reports to the registry the tick before which every write has ended. A failed report is repeated at the next
 * exchange, even if nothing changes: a move's barrier waits for it.
 */
export class AppliedReport {
  readonly #lease: Pick<Lease, 'reportApplied'>
  readonly #onError: ((error: unknown) => void) | undefined
  #drained: Promise<unknown> = Promise.resolve()
  #drainedTick = 0
  #reportedTick = 0

  constructor(lease: Pick<Lease, 'reportApplied'>, onError: ((error: unknown) => void) | undefined) {
    this.#lease = lease
    this.#onError = onError
  }

  /** Reports the tick once these writes, and those of all earlier ticks, have ended. */
  after(draining: readonly Promise<void>[], tick: number): void {
    this.#drained = Promise.all([this.#drained, ...draining]).then(() => {
      this.#drainedTick = Math.max(this.#drainedTick, tick)
      return this.repeat()
    })
  }

  async repeat(): Promise<void> {
    const tick = this.#drainedTick
    if (tick <= this.#reportedTick) return
    try {
      await this.#lease.reportApplied(tick)
      this.#reportedTick = Math.max(this.#reportedTick, tick)
    } catch (error) {
      this.#onError?.(error)
    }
  }
}
