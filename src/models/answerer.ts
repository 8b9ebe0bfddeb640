import type { TenantId } from '../placement/tenant-id.ts'

/**
 * Writes an answer from sources. Adapters: `openai-answerer.ts` (a chat model behind any compatible endpoint),
 * `extractive.ts` (quotes the sources and asks no model), `no-answerer.ts` (none is configured).
 */
export interface Answerer extends AsyncDisposable {
  /** The writer's name in answers: the model's name, or `extractive`. */
  readonly model: string
  /**
   * Yields the answer piece by piece, and finally how it ended; text that breaks off throws instead. It is read no
   * faster than the caller consumes it.
   *
   * @returns once the writer has begun, so that a refusal is known before any text is sent.
   * @throws AppError `answer_unavailable`, here or midway, when the model is unavailable, keeps refusing after retries,
   *   takes too long, or breaks off. When `signal` ends the call its reason is thrown.
   */
  write(task: AnswerTask, options?: { readonly signal?: AbortSignal }): Promise<AsyncIterable<AnswerPart>>
}

/** The answerer as verbs call it: each call names the tenant whose tokens it uses. */
export interface TenantAnswerer extends Pick<Answerer, 'model'> {
  /** @throws AppError as `Answerer.write` does; `quota_exceeded` when the tenant's tokens are used up for now. */
  write(
    task: AnswerTask,
    options: { readonly tenantId: TenantId; readonly signal?: AbortSignal },
  ): Promise<AsyncIterable<AnswerPart>>
}

export interface AnswerTask {
  readonly question: string
  /** Numbered from 1, best first. At least one. */
  readonly sources: readonly TaskSource[]
  /** The same as text, for a writer that takes a prompt. */
  readonly prompt: { readonly system: string; readonly user: string }
}

export interface TaskSource {
  readonly number: number
  readonly text: string
  /** The headings above it, as `Bikes > Brakes`; its text may begin with the same words. */
  readonly heading?: string | undefined
  /** Similarity to the question by the embedding model; absent where it was not measured. */
  readonly similarity?: number | undefined
}

/** `text` is the writer's own, with its citations; `quote` is a source's, whose brackets cite nothing. */
export type AnswerPart = { readonly text: string } | { readonly quote: string } | AnswerEnd

export interface AnswerEnd {
  /** `length`: the model reached its length limit; `content_filter`: its provider cut the answer. */
  readonly finish: 'stop' | 'length' | 'content_filter'
  /** False: the sources do not answer the question, and the writer wrote nothing. */
  readonly isAnswered?: boolean
  /** Tokens as the provider counts them, or our estimate where it does not; absent where no tokens are used. */
  readonly usage: { readonly promptTokens?: number; readonly completionTokens?: number }
}
