import { isAppError } from '../../src/errors.ts'
import { isLinearizable, type Operation } from './linearizable.ts'
import type { Change, State } from './record-state.ts'

/** The apps' operations and their answers, record by record. */
export class History {
  readonly #operations = new Map<string, { initial: State; all: Operation[] }>()
  readonly #open = new Map<string, number>()
  /** Time of each step of the order, in ms: the steps are beginnings and answers. */
  readonly #times: number[] = []
  readonly #forgotten = new Set<string>()
  /** Hears of each write as it begins. */
  onWrite: (id: string) => void = () => undefined
  readonly #nowMs: () => number

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Records whose histories are checked. */
  get ids(): readonly string[] {
    return [...this.#operations.keys()].filter((id) => !this.#forgotten.has(id))
  }

  get isAnswered(): boolean {
    return [...this.#open.values()].every((count) => count === 0)
  }

  begin(id: string, initial: State): void {
    this.#operations.set(id, { initial, all: [] })
  }

  /** Someone who was waiting for an answer has gone. */
  abandon(by: string): void {
    this.#open.delete(by)
  }

  /** Somebody damaged these records: what apps are told of them is no longer checked. */
  forget(ids: Iterable<string>): void {
    for (const id of ids) this.#forgotten.add(id)
  }

  /** A write of it is under way, or got no answer and may still land. */
  isOpen(id: string): boolean {
    return this.#of(id).some((one) => one.kind !== 'read' && one.to === Number.POSITIVE_INFINITY)
  }

  /** Does one operation and notes what became of it; a refused one never happened. */
  async note(
    kind: 'write' | 'read',
    id: string,
    value: State,
    by: string,
    deed: () => Promise<State>,
    told?: string,
  ): Promise<State> {
    return this.#note(id, { kind, value, by, ...(told && { told }) }, deed)
  }

  /** The same of a write that depends on what the record is. */
  async noteChange(id: string, change: Change, by: string, deed: () => Promise<unknown>, told: string): Promise<void> {
    await this.#note(id, { kind: 'change', change, by, told }, async () => void (await deed()))
  }

  /**
   * Notes what a look at a store that shows writes late has brought.
   * @param deed gives what it saw of each record, since when it may have been so, and the step that it is not older than.
   */
  async noteLook(
    by: string,
    deed: () => Promise<{
      readonly seen: ReadonlyMap<string, State>
      readonly sinceMs: number
      readonly sinceStep: number
    }>,
  ): Promise<void> {
    const begun = this.#step()
    this.#begun(by)
    try {
      const { seen, sinceMs, sinceStep } = await deed()
      const to = this.#step()
      const from = Math.min(begun, Math.max(this.#after(sinceMs), sinceStep) - 0.5)
      for (const [id, value] of seen) this.#of(id).push({ kind: 'read', value, by, from, to })
    } finally {
      this.#ended(by)
    }
  }

  /** The number of the step that comes next: what is done at one moment has an order. */
  get nextStep(): number {
    return this.#times.length
  }

  /** @throws with the history of a record that could not have been. */
  check(): void {
    for (const id of this.ids) {
      const { initial, all } = this.#operations.get(id) ?? { initial: undefined, all: [] }
      if (isLinearizable(all, initial)) continue
      const lines = all.map(({ kind, value, from, to, by, told }) => {
        const at = (step: number) => `${step} (${(this.#times[Math.ceil(step)] ?? 0) % 10_000_000})`
        return `  ${at(from)}–${to === Number.POSITIVE_INFINITY ? 'never' : at(to)} ${by} ${told ?? kind} ${kind === 'change' ? '' : (value ?? 'nothing')}`
      })
      throw new Error(`${id} could not have been so (first ${initial ?? 'nothing'}):\n${lines.join('\n')}`)
    }
  }

  async #note(id: string, what: Omit<Operation, 'from' | 'to'>, deed: () => Promise<State>): Promise<State> {
    if (what.kind !== 'read') this.onWrite(id)
    const all = this.#of(id)
    const by = what.by ?? ''
    const begun = { ...what, from: this.#step() }
    const unanswered: Operation = { ...begun, to: Number.POSITIVE_INFINITY }
    all.push(unanswered)
    this.#begun(by)
    const end = (instead?: Operation) => {
      all.splice(all.indexOf(unanswered), 1, ...(instead === undefined ? [] : [instead]))
    }
    try {
      const seen = await deed()
      end({ ...begun, ...(what.kind === 'read' && { value: seen }), to: this.#step() })
      return seen
    } catch (error) {
      if (what.kind === 'read' || (isAppError(error) && error.code !== 'outcome_unknown')) end()
      throw error
    } finally {
      this.#ended(by)
    }
  }

  #of(id: string): Operation[] {
    const known = this.#operations.get(id) ?? { initial: undefined, all: [] }
    this.#operations.set(id, known)
    return known.all
  }

  /** The first step after a moment. */
  #after(ms: number): number {
    const first = this.#times.findIndex((one) => one > ms)
    return first < 0 ? this.#times.length : first
  }

  #step(): number {
    return this.#times.push(this.#nowMs()) - 1
  }

  #begun(by: string): void {
    this.#open.set(by, (this.#open.get(by) ?? 0) + 1)
  }

  #ended(by: string): void {
    this.#open.set(by, Math.max(0, (this.#open.get(by) ?? 0) - 1))
  }
}
