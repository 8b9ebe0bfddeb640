import { type Logger, pino } from 'pino'

/** SQLSTATEs of a statement that can't ever work: its syntax, its types, or what it names. */
const codes = /"code":"(42601|42703|42804|42846|42883|42P08|42P18)"/

/**
 * A log for a replica under test. Work in the background has no caller, so a statement of it that Postgres refuses shows
 * in the log alone.
 */
export class StatementFaults implements Disposable {
  readonly log: Logger
  readonly #lines: string[] = []

  constructor() {
    this.log = pino({ level: 'warn' }, { write: (line) => void (codes.test(line) && this.#lines.push(line)) })
  }

  /** @throws Error with the first of the statements that Postgres refused. */
  [Symbol.dispose](): void {
    const [first] = this.#lines
    if (first !== undefined) throw new Error(`${this.#lines.length} statements were no good: ${first}`)
  }
}
