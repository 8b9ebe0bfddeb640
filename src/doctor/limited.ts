import { within } from '../within.ts'
import { type Finding, fail, withCauses } from './checks/finding.ts'

/** A check, and what becomes of it when it throws or takes too long. */
export type Limited = <T>(work: (signal: AbortSignal) => Promise<T>, faulty: (found: string) => T) => Promise<T>

/**
 * Runs checks with a limit each: a part that hangs ends as a finding. Its `signal` fires then, and what it leaves open
 * is for the caller's end of the process.
 */
export function limitEach(limitMs: number): Limited {
  return async (work, faulty) => {
    const over = new AbortController()
    try {
      return await within(limitMs, work(over.signal), () => {
        over.abort()
        return faulty(`gives no answer within ${limitMs / 1000} s`)
      })
    } catch (error) {
      return faulty(withCauses(error))
    }
  }
}

/** A check without an answer as one line that it failed. */
export function asFailure(check: string, fix: string): (found: string) => readonly Finding[] {
  return (found) => [fail(check, found, fix)]
}
