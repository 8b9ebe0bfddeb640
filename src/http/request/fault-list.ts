import { AppError, type FieldFault } from '../../errors.ts'

/** More would mend nothing; what is wrong beyond them is not looked for. */
const faultsMax = 10

const pathMax = 200

/** The faults of one request, up to ten of them. */
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
