import type { Context } from '../kit/context.ts'
import { CliError } from '../kit/exit-code.ts'

/** A deployment of the service does not stop what is watched: this long it may be away. */
const patienceMs = 120_000

/** The service as one hears of it that watches something there: it may be away for a while, which is said once. */
export class Connection {
  readonly #context: Pick<Context, 'remark' | 'interrupted'>
  readonly #goesOn: string
  #heardMs = performance.now()
  #isLost = false

  /** @param goesOn what the service does meanwhile, as in `the move goes on`. */
  constructor(context: Pick<Context, 'remark' | 'interrupted'>, goesOn: string) {
    this.#context = context
    this.#goesOn = goesOn
  }

  heard(): void {
    this.#heardMs = performance.now()
    if (this.#isLost) this.#context.remark('Connected again.')
    this.#isLost = false
  }

  /** @throws the fault where another try would not help, or the service was away for too long; and after Ctrl-C */
  missed(fault: unknown): void {
    const isAway = fault instanceof CliError && fault.isTemporary && performance.now() - this.#heardMs < patienceMs
    if (!isAway || this.#context.interrupted.aborted) throw fault
    if (!this.#isLost) {
      this.#context.remark(`The connection is lost; ${this.#goesOn}. Trying again for 2 minutes. (${fault.message})`)
    }
    this.#isLost = true
  }
}
