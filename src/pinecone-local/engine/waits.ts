/** Timers that all end when the server closes. */
export class Waits {
  readonly #open = new Map<NodeJS.Timeout, (elapsed: boolean) => void>()
  #stopped = false

  /** @returns false where the server closed first. */
  for(ms: number): Promise<boolean> {
    if (this.#stopped) return Promise.resolve(false)
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#open.delete(timer)
        resolve(true)
      }, ms)
      this.#open.set(timer, resolve)
    })
  }

  stop(): void {
    this.#stopped = true
    for (const [timer, resolve] of this.#open) {
      clearTimeout(timer)
      resolve(false)
    }
    this.#open.clear()
  }
}
