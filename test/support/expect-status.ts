import { expect } from 'vitest'

interface AnyAnswer {
  readonly status: number
  /** The body, of an answer whose body was read. */
  readonly text?: unknown
}

/** Expects the status of an answer, and returns the answer. A failure shows its body. */
export function expectStatus<A extends AnyAnswer>(answer: A | undefined, status: number): A {
  expect(answer?.status, typeof answer?.text === 'string' ? answer.text : undefined).toBe(status)
  return answer as A
}
