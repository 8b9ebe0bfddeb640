import type { Logger } from 'pino'
import { AppError } from '../errors.ts'

/**
 * Work that goes on after its caller was answered, at most one at a time for a key; callers with the same key join it.
 * It ends with the replica, and the next start resumes what is unfinished.
 */
export class Background<T> implements AsyncDisposable {
  readonly #running = new Map<string, Promise<T>>()
  readonly #stop = new AbortController()
  readonly #log: Pick<Logger, 'warn'>

  constructor(log: Pick<Logger, 'warn'>) {
    this.#log = log
  }

  get signal(): AbortSignal {
    return this.#stop.signal
  }

  /** Starts the work, or joins it. A fault is logged here and thrown to whoever awaits the result. */
  run(key: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const running = this.#running.get(key)
    if (running !== undefined) return running
    const started = work(this.#stop.signal).finally(() => this.#running.delete(key))
    this.#running.set(key, started)
    started.catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.#log.warn({ err: error, work: key }, 'background work failed')
    })
    return started
  }

  /** Waits until nothing runs. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running.values())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(
      new AppError('shutting_down', 'The service is shutting down; the work continues elsewhere or at the next start.'),
    )
    await this.settled()
  }
}
