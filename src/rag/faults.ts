import { AppError, type FieldFault } from '../errors.ts'

/** More would mend nothing, and a body may hold a million of them. */
const faultsMax = 10
const pathMax = 200

/** Collects what is wrong with an input, up to ten faults, so that the caller learns of them at once. */
export class Faults {
  readonly #faults: FieldFault[] = []

  add(path: string, message: string): void {
    if (!this.isFull) this.#faults.push({ path: path.slice(0, pathMax), message })
  }

  /** Nothing further needs to be looked at. */
  get isFull(): boolean {
    return this.#faults.length >= faultsMax
  }

  /** @throws AppError `invalid_request` if there are any. */
  check(): void {
    const [first] = this.#faults
    if (first === undefined) return
    const more = this.#faults.length > 1 ? ` (and ${this.#faults.length - 1} more)` : ''
    throw new AppError('invalid_request', `${first.path}: ${first.message}${more}`, { faults: this.#faults })
  }
}
