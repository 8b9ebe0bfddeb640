import { AppError } from '../errors.ts'
import type { Answerer } from './answerer.ts'

/** Stands in when no answer model is configured: everything else works. */
export function noAnswerer(): Answerer {
  return {
    model: 'none',
    async write() {
      throw new AppError('answer_unavailable', 'This service has no model for answers. Its operator sets ANSWER_MODEL.')
    },
    async [Symbol.asyncDispose]() {},
  }
}
