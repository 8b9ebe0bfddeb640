import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Callers that started together and should arrive together. Callers that wait for each other's batch split into ever
 * smaller groups, each with a commit of its own; a short wait for those nearly there keeps them in one batch.
 */
export class ArrivalGroup {
  readonly #underWay = new Set<Promise<void>>()
  readonly #lingerMs: number

  constructor(lingerMs: number) {
    this.#lingerMs = lingerMs
  }

  /** @returns a function to call when this caller has arrived, or won't; further calls have no effect. */
  setOut(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#underWay.add(promise)
    return () => {
      this.#underWay.delete(promise)
      resolve()
    }
  }

  /** Waits briefly for callers already under way, not for those that start meanwhile. */
  async arrived(): Promise<void> {
    if (this.#underWay.size === 0) return
    const over = new AbortController()
    const late = sleep(this.#lingerMs, undefined, { signal: over.signal }).catch(() => undefined)
    await Promise.race([Promise.all(this.#underWay), late])
    over.abort()
  }
}
