import type { TenantPrincipal } from '../../src/auth/principal.ts'
import { ResultCache } from '../../src/cache/result-cache.ts'
import type { RetrieveInput } from '../../src/rag/retrieve/question.ts'
import { type RetrieveDeps, retrieve } from '../../src/rag/retrieve/retrieve.ts'
import type { RetrieveAnswer } from '../../src/rag/retrieve/search-tenant.ts'

/** Retrieves as a caller does whose deployment caches nothing, and reads the answer. */
export async function retrieveAnswer(
  deps: Omit<RetrieveDeps, 'cache'>,
  principal: TenantPrincipal,
  input: RetrieveInput,
): Promise<RetrieveAnswer> {
  const cache = new ResultCache({ maxBytes: 0, ttlMs: 0 })
  const { json } = await retrieve({ ...deps, cache }, principal, input)
  return JSON.parse(json)
}
