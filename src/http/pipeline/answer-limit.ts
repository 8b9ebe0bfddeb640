import { AppError } from '../../errors.ts'

/** The longest answer; callers request longer ones in parts. */
export const answerBytesMax = 8 * 1024 * 1024

/** @param bytes undefined when the answer was not completed. */
export function answerTooLong(bytes?: number): AppError {
  const size = bytes === undefined ? 'more than that' : `${bytes} bytes`
  const words = `An answer has up to ${answerBytesMax} bytes, and this one would have ${size}. Ask for fewer matches (topK) or for fewer things at once.`
  return new AppError('invalid_request', words)
}
