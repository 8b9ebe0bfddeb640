import { within } from '../within.ts'

/** @throws Error when Postgres takes longer than `limitMs`; the statement's outcome is then ignored. */
export function answeredWithin<T>(limitMs: number, statement: PromiseLike<T>): Promise<T> {
  return within(limitMs, statement, () => {
    throw new Error(`Postgres gave no answer within ${limitMs} ms`)
  })
}
