import { AppError } from '../../errors.ts'

/** The time limit of a request whose caller set one: what would come later is not begun, and reads are broken off. */
export class Deadline {
  readonly signal: AbortSignal
  readonly #timer: ReturnType<typeof setTimeout>

  constructor(limitMs: number) {
    const controller = new AbortController()
    this.signal = controller.signal
    this.#timer = setTimeout(() => controller.abort(isOver()), limitMs)
    this.#timer.unref()
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}

function isOver(): AppError {
  const words = 'The time limit of this request is over before it was done. Nothing was changed.'
  return new AppError('deadline_exceeded', words)
}
