import { AppError, type FieldFault } from './errors.ts'

/** More would mend nothing, and a body may hold a million of them: what is wrong beyond is not looked for. */
const faultsMax = 10

const pathMax = 200

/** Collects what is wrong with an input, up to ten faults, so that the caller learns of them at once. */
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
