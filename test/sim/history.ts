import { isAppError } from '../../src/errors.ts'
import { isLinearizable, type Operation } from './linearizable.ts'

/** What apps did and were told, record by record. */
export class History {
  readonly #operations = new Map<string, { initial: number | undefined; all: Operation[] }>()
  #step = 0
  readonly #open = new Map<string, number>()

  get ids(): readonly string[] {
    return [...this.#operations.keys()]
  }

  get isAnswered(): boolean {
    return [...this.#open.values()].every((count) => count === 0)
  }

  begin(id: string, initial: number | undefined): void {
    this.#operations.set(id, { initial, all: [] })
  }

  /** Someone who was waiting for an answer has gone. */
  abandon(by: string): void {
    this.#open.delete(by)
  }

  /** Does one operation and notes what became of it; a refused one never happened. */
  async note(
    kind: Operation['kind'],
    id: string,
    value: number | undefined,
    by: string,
    deed: () => Promise<number | undefined>,
  ): Promise<number | undefined> {
    const record = this.#operations.get(id) ?? { initial: undefined, all: [] }
    this.#operations.set(id, record)
    const begun = { kind, value, from: this.#step++, by }
    const unanswered: Operation = { ...begun, to: Number.POSITIVE_INFINITY }
    record.all.push(unanswered)
    this.#open.set(by, (this.#open.get(by) ?? 0) + 1)
    const end = (instead?: Operation) => {
      record.all.splice(record.all.indexOf(unanswered), 1, ...(instead === undefined ? [] : [instead]))
    }
    try {
      const seen = await deed()
      end({ ...begun, value: kind === 'read' ? seen : value, to: this.#step++ })
      return seen
    } catch (error) {
      if (kind === 'read' || (isAppError(error) && error.code !== 'outcome_unknown')) end()
      throw error
    } finally {
      this.#open.set(by, Math.max(0, (this.#open.get(by) ?? 0) - 1))
    }
  }

  /** @throws with the history of a record that could not have been. */
  check(): void {
    for (const [id, { initial, all }] of this.#operations) {
      if (isLinearizable(all, initial)) continue
      const told = all.map(({ kind, value, from, to, by }) => `  ${from}–${to} ${by} ${kind} ${value ?? 'nothing'}`)
      throw new Error(`${id} could not have been so (first ${initial ?? 'nothing'}):\n${told.join('\n')}`)
    }
  }
}
