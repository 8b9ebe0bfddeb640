import { AppError, type FieldFault } from '../errors.ts'

/** Collects what is wrong with an input, so that the caller learns all of it at once. */
export class Faults {
  readonly #faults: FieldFault[] = []

  add(path: string, message: string): void {
    this.#faults.push({ path, message })
  }

  /** @throws AppError `invalid_request` if there are any. */
  check(): void {
    const [first] = this.#faults
    if (first === undefined) return
    const more = this.#faults.length > 1 ? ` (and ${this.#faults.length - 1} more)` : ''
    throw new AppError('invalid_request', `${first.path}: ${first.message}${more}`, { faults: this.#faults })
  }
}
