import type { components } from './api.ts'

export type Problem = components['schemas']['Problem']

/** A refusal of the service: RFC 9457, with the members that it promises. */
export class TenantRouterError extends Error {
  override readonly name = 'TenantRouterError'
  readonly status: number
  /** Undefined when what answered was not the service (a proxy, another server). */
  readonly problem: Problem | undefined

  constructor(status: number, problem: Problem | undefined) {
    const said = problem === undefined ? '' : `: ${problem.detail} (${problem.code}, request ${problem.requestId})`
    super(`tenant-router answered ${status}${said}`)
    this.status = status
    this.problem = problem
  }
}

/**
 * Returns the answer of a call.
 * @throws TenantRouterError when the service refused.
 */
export async function answerOf<T>(
  call: Promise<{ readonly data?: T; readonly error?: unknown; readonly response: Response }>,
): Promise<T> {
  const { data, error, response } = await call
  if (response.ok) return data as T
  throw new TenantRouterError(response.status, isProblem(error) ? error : undefined)
}

function isProblem(error: unknown): error is Problem {
  return typeof error === 'object' && error !== null && 'code' in error && 'requestId' in error
}
