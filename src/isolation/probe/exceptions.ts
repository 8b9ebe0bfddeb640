import type { ExceptionKind, IsolationException } from '../../evidence/isolation-report.ts'

/** Exceptions that a report lists, at most; the others are counted. */
const exceptionsMax = 200

/** Exceptions and counts of requests of a run so far. */
export class Exceptions {
  readonly #found = new Map<string, IsolationException>()
  readonly #requests = new Map<string, { asked: number; answered: number }>()
  #further = 0
  phase = 'at rest'

  get list(): readonly IsolationException[] {
    return [...this.#found.values()]
  }

  get further(): number {
    return this.#further
  }

  get hasFindings(): boolean {
    return this.list.some(({ kind }) => kind !== 'unproven')
  }

  get requests(): number {
    return [...this.#requests.values()].reduce((sum, { asked }) => sum + asked, 0)
  }

  /** Notes an exception, once for each asker and tenant of a route and phase. */
  add(kind: ExceptionKind, what: { route?: string; asker: string; reached?: string; words: string }): void {
    const { route = '', asker, reached = '', words } = what
    const key = JSON.stringify([kind, this.phase, route, asker, reached])
    if (this.#found.has(key)) return
    if (this.#found.size < exceptionsMax)
      this.#found.set(key, { kind, phase: this.phase, route, asker, reached, words })
    else this.#further += 1
  }

  /** Counts a request of a route. */
  asked(route: string, status: number): void {
    const counts = this.#requests.get(route) ?? { asked: 0, answered: 0 }
    counts.asked += 1
    if (status >= 200 && status < 300) counts.answered += 1
    this.#requests.set(route, counts)
  }

  requestsOf(route: string): { readonly asked: number; readonly answered: number } {
    return this.#requests.get(route) ?? { asked: 0, answered: 0 }
  }
}
