import { registryFault } from './db/registry-fault.ts'
import { type ErrorCode, isAppError } from './errors.ts'

const ofDependencies = new Set<ErrorCode>([
  'store_busy',
  'store_unavailable',
  'registry_unavailable',
  'embedding_unavailable',
  'answer_unavailable',
  'rerank_unavailable',
  'identity_unavailable',
  'outcome_unknown',
] as ErrorCode[])

/**
 * Whether an uncaught fault came from Postgres, the store or another service that we call. Such a fault ends nothing:
 * their state is not ours, and the next call finds out. The Postgres driver throws some from timers, where no caller
 * can catch them; their stack identifies those.
 */
export function isDependencyFault(error: unknown): boolean {
  if (isAppError(error)) return ofDependencies.has(error.code)
  if (registryFault(error) !== undefined) return true
  if (!(error instanceof Error)) return false
  const [thrownAt = ''] = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? []
  return /[\\/]node_modules[\\/]postgres[\\/]/.test(thrownAt)
}
