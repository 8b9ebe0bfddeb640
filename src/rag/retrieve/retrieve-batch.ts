import type { TenantPrincipal } from '../../auth/principal.ts'
import { embeddingKey, retrievalKey, type TenantScopedKey } from '../../cache/tenant-scoped-key.ts'
import type { TenantRoute } from '../../placement/phase.ts'
import type { AskOptions } from './embed-query.ts'
import { embedTogether } from './embed-together.ts'
import { checkMayExplain, checkQuestion, type Question, type RetrieveInput } from './question.ts'
import { type CachedAnswer, loadQuestion, type RetrieveDeps, retrievalKeyParts, routeOfAsk } from './retrieve.ts'
import { searchTenant } from './search-tenant.ts'

export interface BatchOptions extends AskOptions {
  /** Limit of all answers together; above it no further question is started. */
  readonly bytesMax?: number
}

/** The answers of a batch exceed its limit of bytes. */
export class BatchTooLong extends Error {
  override readonly name = 'BatchTooLong'
}

export const batchMax = 20
/** Concurrent questions: a batch must not take the store from the tenant's other callers, nor from other tenants. */
const atOnce = 5

/** The outcome of one question of a batch. */
export type BatchOutcome = { readonly answer: CachedAnswer } | { readonly fault: unknown }

/** A question in progress: refused, answered from the cache, or still open. */
type Planned =
  | BatchOutcome
  | {
      readonly question: Question
      /** The route to the place of its vectors. */
      readonly route: TenantRoute
      readonly key: TenantScopedKey | undefined
      readonly text: string | undefined
    }

/**
 * Answers one caller's questions independently: one's fault does not fail the others. Texts without a cached vector are
 * embedded in one call.
 *
 * @param options `bypass`: neither reads nor fills the cache.
 * @returns the outcomes in the order of the questions.
 * @throws BatchTooLong, and the faults of `TenantRoutes.find`, which affect all questions.
 */
export async function retrieveBatch(
  deps: RetrieveDeps,
  principal: TenantPrincipal,
  inputs: readonly RetrieveInput[],
  options: BatchOptions = {},
): Promise<{ readonly outcomes: readonly BatchOutcome[]; readonly stale: boolean }> {
  const route = await deps.routes.find(principal.tenantId)
  const bypass = options.bypass === true || !deps.cache.isOn
  const planned = inputs.map((input) => plan(deps, principal, route, input, bypass))
  const texts = planned.flatMap((one) => ('text' in one && one.text !== undefined ? [one.text] : []))
  const together = { ...deps, embedders: embedTogether(deps.embedders, texts) }
  const ask = async (one: Planned): Promise<BatchOutcome> => {
    if (!('question' in one)) return one
    const { question, key, route } = one
    try {
      if (key !== undefined) return { answer: await loadQuestion(together, principal, route, question, key) }
      const answer = await searchTenant(together, principal, route, question, { ...options, bypass: true })
      return { answer: { json: JSON.stringify(answer), cache: 'bypass', stale: route.stale === true } }
    } catch (fault) {
      return { fault }
    }
  }
  const outcomes: BatchOutcome[] = []
  const queue = planned.entries()
  let bytes = 0
  const work = async () => {
    for (const [at, one] of queue) {
      const outcome = await ask(one)
      outcomes[at] = outcome
      if ('answer' in outcome) bytes += Buffer.byteLength(outcome.answer.json)
      if (bytes > (options.bytesMax ?? Number.POSITIVE_INFINITY)) throw new BatchTooLong()
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return { outcomes, stale: route.stale === true }
}

function plan(
  deps: RetrieveDeps,
  principal: TenantPrincipal,
  found: TenantRoute,
  input: RetrieveInput,
  bypass: boolean,
): Planned {
  try {
    const route = routeOfAsk(deps, principal, found, input)
    const question = checkQuestion(input, deps, route.routing.active.vectors)
    checkMayExplain(principal, question)
    const explained = question.refinement?.explain === true
    const key = bypass || explained ? undefined : retrievalKey(retrievalKeyParts(route, principal, question))
    const kept = key === undefined ? undefined : deps.cache.get(key)
    if (kept !== undefined) return { answer: { json: kept, cache: 'hit', stale: route.stale === true } }
    const text = 'query' in question.ask ? question.ask.query : undefined
    const known = text !== undefined && !bypass && deps.embeddings.get(embeddingKey(route, text)) !== undefined
    return { question, route, key, text: known ? undefined : text }
  } catch (fault) {
    return { fault }
  }
}
