/** One load that several wait for. It is ended when all of them have gone away, and not before. */
export class SharedLoad<V> {
  readonly #result: Promise<V>
  readonly #end = new AbortController()
  readonly #onAbandoned: () => void
  #waiting = 0
  /** Someone waits who does not go away. */
  #stays = false

  /** @param onAbandoned all have gone: nobody may join any more. */
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
