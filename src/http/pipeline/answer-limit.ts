import { AppError } from '../../errors.ts'

/** The longest answer: what is longer is asked for in parts. */
export const answerBytesMax = 8 * 1024 * 1024

/** @param bytes undefined: it was not made to its end. */
export function answerTooLong(bytes?: number): AppError {
  const size = bytes === undefined ? 'more than that' : `${bytes} bytes`
  const words = `An answer has up to ${answerBytesMax} bytes, and this one would have ${size}. Ask for fewer matches (topK) or for fewer things at once.`
  return new AppError('invalid_request', words)
}
