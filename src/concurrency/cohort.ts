import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Those who set out together and are to arrive together. Callers that wait for each other's batch fall apart into ever
 * smaller groups, each with a commit of its own; a short wait for those who are nearly there keeps them in one.
 */
export class Cohort {
  readonly #underWay = new Set<Promise<void>>()
  readonly #lingerMs: number

  constructor(lingerMs: number) {
    this.#lingerMs = lingerMs
  }

  /** @returns what to call when this one has arrived, or won't; more than once does no harm. */
  setOut(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#underWay.add(promise)
    return () => {
      this.#underWay.delete(promise)
      resolve()
    }
  }

  /** Waits for those who are under way now, not for who sets out meanwhile, and never long. */
  async arrived(): Promise<void> {
    if (this.#underWay.size === 0) return
    const over = new AbortController()
    const late = sleep(this.#lingerMs, undefined, { signal: over.signal }).catch(() => undefined)
    await Promise.race([Promise.all(this.#underWay), late])
    over.abort()
  }
}
