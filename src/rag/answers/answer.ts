import type { TenantPrincipal } from '../../auth/principal.ts'
import type { AskOptions } from '../retrieve/embed-query.ts'
import type { CachedAnswer } from '../retrieve/retrieve.ts'
import { type AnswerDeps, type AnswerInput, type FoundPassages, findPassages, findSources } from './answer-question.ts'
import type { AnswerSource } from './answer-sources.ts'
import { type AnswerNotes, writeAnswer } from './write-answer.ts'

export interface Answer extends AnswerNotes {
  readonly answer: string
  readonly sources: readonly AnswerSource[]
}

/**
 * Whether an answer may be cached: not a truncated one, nor one without its reranker, since a later try would be
 * better.
 */
export function mayBeKept({ finish }: AnswerNotes, { isMakeshift }: FoundPassages): boolean {
  return finish === 'stop' && !isMakeshift
}

/**
 * Answers a question from the data of the caller's tenant that the caller's groups see; cached, and shared by
 * concurrent callers with the same question. The model's call is aborted when all callers have disconnected.
 *
 * @returns an `Answer` as JSON.
 * @throws AppError as `retrieve` does, and `answer_unavailable`, `quota_exceeded`.
 */
export async function answer(
  deps: AnswerDeps,
  principal: TenantPrincipal,
  input: AnswerInput,
  options: AskOptions = {},
): Promise<CachedAnswer> {
  const { cache } = deps
  const asked = await findPassages(deps, principal, input)
  const { key, stale } = asked
  let isKept = false
  const write = async (how: AskOptions): Promise<string> => {
    const found = await findSources(deps, principal, asked, how)
    const pieces = await writeAnswer(deps.answerer, asked.text, found, { ...how, tenantId: principal.tenantId })
    let text = ''
    for (;;) {
      const next = await pieces.next()
      if (next.done === true) {
        isKept = mayBeKept(next.value, found)
        return JSON.stringify({ answer: text, sources: found.sources, ...next.value } satisfies Answer)
      }
      if ('restart' in next.value) text = ''
      else text += next.value.text
    }
  }
  if (options.bypass === true || !cache.isOn) {
    return { json: await write(options), cache: 'bypass', stale }
  }
  const kept = cache.get(key)
  if (kept !== undefined) return { json: kept, cache: 'hit', stale }
  const load = { signal: options.signal, mayKeep: () => isKept }
  return { json: await cache.load(key, (signal) => write({ signal }), load), cache: 'miss', stale }
}
