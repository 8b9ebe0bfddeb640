import type { Clock } from '../../src/clock.ts'

/** A clock that goes when the test says so. What is to run every so often is run by hand. */
export class ManualClock implements Clock {
  #nowMs: number

  /** @param startMs since 1970; by default a whole day, at which windows of every length begin. */
  constructor(startMs = 20_000 * 86_400_000) {
    this.#nowMs = startMs
  }

  advance(ms: number): void {
    this.#nowMs += ms
  }

  now(): number {
    return this.#nowMs
  }

  epochMs(): number {
    return this.#nowMs
  }

  sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }))
  }

  every(): { stop(): void } {
    return { stop: () => undefined }
  }
}
