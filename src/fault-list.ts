import { AppError, type FieldFault } from './errors.ts'

/** Faults reported at most. A body may hold a million; more would not help the caller. */
const faultsMax = 10

const pathMax = 200

/** Collects up to ten faults in an input, so that the caller sees them all at once. */
export class FaultList {
  readonly #faults: FieldFault[] = []

  add(path: string, message: string): void {
    if (!this.isFull) this.#faults.push({ path: path.slice(0, pathMax), message })
  }

  get isFull(): boolean {
    return this.#faults.length >= faultsMax
  }

  get count(): number {
    return this.#faults.length
  }

  /** @throws AppError `invalid_request` when there is any. */
  check(): void {
    const [first] = this.#faults
    if (first === undefined) return
    const more = this.#faults.length > 1 ? ` (and ${this.#faults.length - 1} more)` : ''
    const words = `${first.path}: ${first.message}${more}`
    throw new AppError('invalid_request', words, { faults: this.#faults })
  }
}
