/** One load that several callers wait for. It is aborted only when all of them have disconnected. */
export class SharedLoad<V> {
  readonly #result: Promise<V>
  readonly #end = new AbortController()
  readonly #onAbandoned: () => void
  #waiting = 0
  /** Set when a caller waits without a signal. */
  #stays = false

  /** @param onAbandoned called when all callers have disconnected: nobody may join any more. */
  constructor(load: (signal: AbortSignal) => Promise<V>, onAbandoned: () => void) {
    this.#onAbandoned = onAbandoned
    this.#result = load(this.#end.signal)
  }

  join(signal: AbortSignal | undefined): Promise<V> {
    if (signal === undefined) {
      this.#stays = true
      return this.#result
    }
    this.#waiting += 1
    const gone = Promise.withResolvers<never>()
    const leave = () => {
      gone.reject(signal.reason)
      this.#waiting -= 1
      if (this.#waiting > 0 || this.#stays) return
      this.#onAbandoned()
      this.#end.abort(signal.reason)
    }
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave, { once: true })
    return Promise.race([gone.promise, this.#result]).finally(() => signal.removeEventListener('abort', leave))
  }
}
