import type { TenantId } from '../placement/tenant-id.ts'

/**
 * Writes an answer from sources. Adapters: `openai-answerer.ts` (a chat model behind any compatible endpoint),
 * `extractive.ts` (quotes the sources and asks no model), `no-answerer.ts` (none is configured).
 */
export interface Answerer extends AsyncDisposable {
  /** What answers say wrote them: the model's name, or `extractive`. */
  readonly model: string
  /**
   * The answer bit by bit, and last how it ended: a source of text that breaks off throws instead. It is read no
   * faster than the caller asks for more.
   *
   * @returns once the writer has begun, so that a refusal is known before anything is said.
   * @throws AppError `answer_unavailable`, here or in the middle, when the model can't be reached, keeps refusing after
   *   retries, takes too long, or breaks off. When `signal` ends the call its reason is thrown.
   */
  write(task: AnswerTask, options?: { readonly signal?: AbortSignal }): Promise<AsyncIterable<AnswerPart>>
}

/** What the verbs have answers written by: each call says whose tokens it uses. */
export interface TenantAnswerer extends Pick<Answerer, 'model'> {
  /** @throws AppError as `Answerer.write` does; `quota_exceeded` when the tenant has used up its tokens for now. */
  write(
    task: AnswerTask,
    options: { readonly tenantId: TenantId; readonly signal?: AbortSignal },
  ): Promise<AsyncIterable<AnswerPart>>
}

export interface AnswerTask {
  readonly question: string
  /** Numbered from 1, the best first. At least one. */
  readonly sources: readonly TaskSource[]
  /** The same in words, for a writer that is asked in words. */
  readonly prompt: { readonly system: string; readonly user: string }
}

export interface TaskSource {
  readonly number: number
  readonly text: string
  /** The headings it stands under, as `Bikes > Brakes`; its text may begin with the same words. */
  readonly heading?: string | undefined
  /** How near the question it is in meaning, as the embedding model sees it; absent where nobody measured it. */
  readonly similarity?: number | undefined
}

/** `text` is the writer's own, with its citations; `quote` is a source's, whose brackets cite nothing. */
export type AnswerPart = { readonly text: string } | { readonly quote: string } | AnswerEnd

export interface AnswerEnd {
  /** `length`: the model was not allowed to write more; `content_filter`: its provider cut it. */
  readonly finish: 'stop' | 'length' | 'content_filter'
  /** False: the sources do not answer the question, and the writer has said nothing. */
  readonly isAnswered?: boolean
  /** As the provider counts, or our own estimate where it counts none; absent where no tokens are used. */
  readonly usage: { readonly promptTokens?: number; readonly completionTokens?: number }
}
