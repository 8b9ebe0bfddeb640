/** What postgres.js calls on a statement of its own; none of it is in its types. */
interface DriverStatement {
  handler: (statement: unknown) => unknown
  resolve: (rows: unknown) => unknown
  reject: (fault: unknown) => unknown
}

export interface StatementWatchOptions {
  /** How long a statement may go without an answer before somebody asks why. */
  readonly patienceMs: number
  /** Whether the server still works on what this pool has sent; rejects when it gives no answer. */
  isWorking(): Promise<boolean>
  /** The connections are dead: everything that waits for them has to fail. */
  giveUp(): void
}

/** Also a server that says it is working has to answer within so many patiences: its answer may have been lost. */
const patiencesAtMost = 12

/**
 * Notices statements that no answer comes to. A fail-over or a cut network resets no connection: the driver would wait
 * until the kernel gives up, a quarter of an hour later. A statement may also wait for a lock, so a silent one is no
 * proof; the server is asked over a fresh connection before the pool is given up.
 */
export class StatementWatch implements Disposable {
  readonly #options: StatementWatchOptions
  /** When each was begun, the oldest first. */
  readonly #waiting = new Map<object, number>()
  readonly #timer: NodeJS.Timeout | undefined
  #nextLookMs = 0
  #looking = false

  constructor(options: StatementWatchOptions) {
    this.#options = options
    if (!Number.isFinite(options.patienceMs)) return
    this.#timer = setInterval(() => void this.#look(), options.patienceMs / 4)
    this.#timer.unref()
  }

  /** Counts something as unanswered until the returned function is called. */
  begin(): () => void {
    const key = {}
    this.#waiting.set(key, performance.now())
    return () => void this.#waiting.delete(key)
  }

  /** Counts a statement from when the driver takes it until it is settled. Gives back what was given. */
  statement<T>(given: T, onFault?: (fault: unknown) => void): T {
    const statement = given as T & DriverStatement
    // Fragments and names of columns are made by the same function and are no statements.
    if (typeof statement?.handler !== 'function' || typeof statement.reject !== 'function') return given
    const { handler, resolve, reject } = statement
    statement.handler = (self) => {
      const end = this.begin()
      statement.resolve = (rows) => {
        end()
        return resolve(rows)
      }
      statement.reject = (fault) => {
        end()
        onFault?.(fault)
        return reject(fault)
      }
      return handler(self)
    }
    return given
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    const { patienceMs } = this.#options
    const [oldest] = this.#waiting
    if (oldest === undefined || this.#looking || performance.now() < this.#nextLookMs) return
    const [key, sinceMs] = oldest
    const ageMs = performance.now() - sinceMs
    if (ageMs < patienceMs) return
    this.#looking = true
    const isWorking = await this.#options.isWorking().catch(() => false)
    this.#looking = false
    this.#nextLookMs = performance.now() + patienceMs
    if (!this.#waiting.has(key) || (isWorking && ageMs < patiencesAtMost * patienceMs)) return
    this.#options.giveUp()
  }
}

/** A function of the driver that makes statements, with each of them watched. */
export function watching<F extends (...given: never[]) => unknown>(watch: StatementWatch, make: F): F {
  return ((...given: Parameters<F>) => watch.statement(make(...given))) as F
}
