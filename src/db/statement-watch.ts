import { type Clock, systemClock } from '../clock.ts'
import { errorTypeOf, type Span, type Tracer } from '../tracing/tracer.ts'
import { statementFields } from './statement-fields.ts'

/** The methods that postgres.js calls on its own statements; its types lack them. */
interface DriverStatement {
  /** The statement's text around its parameters, which are not part of it. */
  readonly strings: readonly string[]
  handler: (statement: unknown) => unknown
  resolve: (rows: unknown) => unknown
  reject: (fault: unknown) => unknown
}

export interface StatementWatchOptions {
  /** Time that a statement may stay unanswered before the watch asks why. */
  readonly patienceMs: number
  /** Whether the server still works on this pool's statements; rejects when it gives no answer. */
  isWorking(): Promise<boolean>
  /** Gives up the dead connections, so that everything that waits for them fails. */
  giveUp(): void
  /** Absent: statements are not traced. */
  readonly tracer?: Tracer | undefined
}

/** Limit, in patiences, even for a server that reports it is working: its answer may have been lost. */
const patiencesAtMost = 12

/**
 * Notices statements that get no answer. A fail-over or a cut network resets no connection: the driver would wait until
 * the kernel gives up, 15 minutes later. A silent statement may also wait for a lock, so the watch asks the server over
 * a fresh connection before it gives the pool up.
 */
export class StatementWatch implements Disposable {
  readonly #options: StatementWatchOptions
  /** Start time of each, oldest first. */
  readonly #waiting = new Map<object, number>()
  readonly #timer: ReturnType<Clock['every']> | undefined
  #nextLookMs = 0
  #looking = false

  constructor(options: StatementWatchOptions) {
    this.#options = options
    if (!Number.isFinite(options.patienceMs)) return
    this.#timer = systemClock.every(options.patienceMs / 4, () => void this.#look())
  }

  /** Counts a call as unanswered until the returned function is called. */
  begin(): () => void {
    const key = {}
    this.#waiting.set(key, performance.now())
    return () => void this.#waiting.delete(key)
  }

  /** Counts a statement from when the driver takes it until it settles. Returns its argument. */
  statement<T>(given: T, onFault?: (fault: unknown) => void): T {
    const statement = given as T & DriverStatement
    // Fragments and names of columns are made by the same function and are no statements.
    if (typeof statement?.handler !== 'function' || typeof statement.reject !== 'function') return given
    const { handler, resolve, reject } = statement
    statement.handler = (self) => {
      const end = this.begin()
      const span = this.#options.tracer && startSpan(this.#options.tracer, statement.strings)
      statement.resolve = (rows) => {
        end()
        span?.end()
        return resolve(rows)
      }
      statement.reject = (fault) => {
        end()
        span?.end(errorTypeOf(fault))
        onFault?.(fault)
        return reject(fault)
      }
      return handler(self)
    }
    return given
  }

  [Symbol.dispose](): void {
    this.#timer?.stop()
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

function startSpan(tracer: Tracer, strings: readonly string[]): Span | undefined {
  const fields = statementFields(strings)
  return tracer.call('client', fields['db.query.summary'], fields)
}

/** Wraps a function of the driver that makes statements, and watches each of them. */
export function watching<F extends (...given: never[]) => unknown>(watch: StatementWatch, make: F): F {
  return ((...given: Parameters<F>) => watch.statement(make(...given))) as F
}
