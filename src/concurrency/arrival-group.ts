import { within } from '../within.ts'

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
    await within(this.#lingerMs, Promise.all(this.#underWay))
  }
}
