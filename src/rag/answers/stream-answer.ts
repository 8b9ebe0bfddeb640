import type { TenantPrincipal } from '../../auth/principal.ts'
import type { AskOptions } from '../retrieve/embed-query.ts'
import type { CachedAnswer } from '../retrieve/retrieve.ts'
import { type Answer, mayBeKept } from './answer.ts'
import { type AnswerDeps, type AnswerInput, findPassages, findSources } from './answer-question.ts'
import type { AnswerSource } from './answer-sources.ts'
import { type AnswerNotes, writeAnswer } from './write-answer.ts'

export type AnswerEvent =
  | { readonly event: 'source'; readonly data: AnswerSource }
  | { readonly event: 'token'; readonly data: { readonly text: string } }
  | { readonly event: 'done'; readonly data: AnswerNotes }

export interface StreamedAnswer extends Omit<CachedAnswer, 'json'> {
  readonly events: AsyncGenerator<AnswerEvent, void>
}

/** Characters of a cached answer, at most; a longer one is only passed on. */
const keptCharactersMax = 1_000_000

/**
 * Like `answer`, but streamed: the sources first, then the text, and finally the notes on the whole answer. The model
 * is read no faster than the events are consumed. A stream is not shared, since callers read at different paces; an
 * answer read to its end is cached for later callers.
 *
 * @param options `signal` must fire when the stream has ended in any way.
 * @returns when the model has begun, so that an earlier fault is a plain refusal.
 * @throws AppError as `answer` does; from the events `answer_unavailable` when the model breaks off.
 */
export async function streamAnswer(
  deps: AnswerDeps,
  principal: TenantPrincipal,
  input: AnswerInput,
  options: AskOptions & { readonly signal: AbortSignal },
): Promise<StreamedAnswer> {
  const { cache } = deps
  const asked = await findPassages(deps, principal, input)
  const { key, stale } = asked
  const uses = options.bypass !== true && cache.isOn
  const kept = uses ? cache.get(key) : undefined
  if (kept !== undefined) return { events: retold(JSON.parse(kept)), cache: 'hit', stale }
  using opening = new DisposableStack()
  // Taken before the sources are read: a write after that makes the answer void.
  const place = uses ? opening.use(cache.reserve(key)) : undefined
  const found = await findSources(deps, principal, asked, options)
  const pieces = await writeAnswer(deps.answerer, asked.text, found, { ...options, tenantId: principal.tenantId })
  const open = opening.move()
  if (options.signal.aborted) open.dispose()
  else options.signal.addEventListener('abort', () => open.dispose(), { once: true })

  async function* events(): AsyncGenerator<AnswerEvent, void> {
    for (const source of found.sources) yield { event: 'source', data: source }
    let text = ''
    for (;;) {
      const next = await pieces.next()
      if (next.done === true) {
        const whole: Answer = { answer: text, sources: found.sources, ...next.value }
        if (text.length <= keptCharactersMax && mayBeKept(whole, found)) place?.keep(JSON.stringify(whole))
        return yield { event: 'done', data: next.value }
      }
      if ('restart' in next.value) {
        // Streamed text can't be taken back; later readers of the kept answer are spared it.
        text = ''
        continue
      }
      if (text.length <= keptCharactersMax) text += next.value.text
      yield { event: 'token', data: next.value }
    }
  }
  return { events: events(), cache: uses ? 'miss' : 'bypass', stale }
}

async function* retold({ answer, sources, ...notes }: Answer): AsyncGenerator<AnswerEvent, void> {
  for (const source of sources) yield { event: 'source', data: source }
  yield { event: 'token', data: { text: answer } }
  yield { event: 'done', data: notes }
}
