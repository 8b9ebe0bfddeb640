import { setTimeout as wait } from 'node:timers/promises'
import { backoffMs } from '../backoff.ts'
import { AppError } from '../errors.ts'
import type { Guard } from '../resilience/guard.ts'
import { guardedAttempt, NotAttempted } from '../resilience/guarded-attempt.ts'
import { type RerankShape, shapeRules } from './rerank-shapes.ts'
import type { Reranker } from './reranker.ts'

export interface HttpRerankerOptions {
  /** The complete URL, as in `https://api.cohere.com/v2/rerank`. */
  readonly url: string
  readonly shape: RerankShape
  readonly model?: string | undefined
  readonly apiKey?: string | undefined
  /** Sends the requests; default the runtime's own. */
  readonly fetch?: typeof fetch | undefined
  /** Limit of one attempt, default 5,000. */
  readonly timeoutMs?: number
  /** Retries after the first attempt, default 2. */
  readonly maxRetries?: number
  /** Pause before the first retry, doubled for each further one; a longer `Retry-After` wins. Default 200. */
  readonly retryBaseMs?: number
  /** Asked before each attempt; absent: nothing is refused. */
  readonly guard?: Guard | undefined
}

/** Longest pause while a caller waits; an endpoint that asks for more counts as unavailable. */
const longestPauseMs = 3_000
/** Characters sent of each text. A cross-encoder reads some hundred tokens and truncates the rest anyway. */
const textMax = 8_000
const repeatable = new Set([408, 409, 425, 429, 500, 502, 503, 504])

/** A cross-encoder behind an HTTP endpoint. Calls have no side effects, so each failed attempt may be repeated. */
export function httpReranker(options: HttpRerankerOptions): Reranker {
  const { url, shape, model, apiKey, timeoutMs = 5_000, maxRetries = 2, retryBaseMs = 200, guard } = options
  const rules = shapeRules[shape]
  const backoff = { baseMs: retryBaseMs, maxMs: longestPauseMs }
  const send = options.fetch ?? fetch
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    ...(apiKey && { authorization: `Bearer ${apiKey}` }),
  }

  async function attempt(body: string, signal: AbortSignal | undefined): Promise<unknown> {
    const end = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])])
    const response = await send(url, { method: 'POST', headers, body, signal: end, redirect: 'error' })
    if (response.ok) return response.json()
    const words = (await response.text()).slice(0, 300)
    throw new Refusal(response.status, apiKey ? words.replaceAll(apiKey, '***') : words, pauseOf(response))
  }

  async function ask(query: string, texts: readonly string[], signal: AbortSignal | undefined): Promise<number[]> {
    const body = JSON.stringify(rules.body(query, texts, model))
    guard?.countCall()
    for (let failures = 0; ; failures++) {
      try {
        return inOrder(
          rules.scores(await guardedAttempt(guard, signal, isFault, () => attempt(body, signal))),
          texts.length,
        )
      } catch (error) {
        if (signal?.aborted) throw signal.reason
        const refusal = error instanceof Refusal ? error : undefined
        const pauseMs = Math.max(refusal?.pauseMs ?? 0, backoffMs(backoff, failures))
        const final = refusal !== undefined && !repeatable.has(refusal.status)
        if (error instanceof NotAttempted || final || failures >= maxRetries) throw unavailable(error)
        if (pauseMs > longestPauseMs || guard?.mayRepeat() === false) throw unavailable(error)
        await wait(pauseMs, undefined, signal === undefined ? {} : { signal }).catch(() => signal?.throwIfAborted())
      }
    }
  }

  return {
    name: model ?? shape,
    async rerank(query, texts, { signal } = {}) {
      const scores: number[] = []
      for (let at = 0; at < texts.length; at += rules.textsMax) {
        const some = texts.slice(at, at + rules.textsMax).map((text) => text.slice(0, textMax))
        scores.push(...(await ask(query, some, signal)))
      }
      return scores
    },
  }
}

/** No answer, or one that says that the endpoint itself does not work. */
const isFault = (error: unknown): boolean => !(error instanceof Refusal) || error.status >= 500 || error.status === 408

class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly pauseMs: number

  constructor(status: number, words: string, pauseMs: number) {
    super(`the endpoint answered ${status}: ${words}`)
    this.status = status
    this.pauseMs = pauseMs
  }
}

/** The pause that `Retry-After` asks for, sent in seconds by these endpoints. */
function pauseOf({ headers }: Response): number {
  const seconds = Number(headers.get('retry-after') ?? 0)
  return Number.isFinite(seconds) ? seconds * 1000 : 0
}

/** @throws Error unless there is one number per text. */
function inOrder(pairs: readonly (readonly [unknown, unknown])[] | undefined, count: number): number[] {
  const scores = new Map<unknown, number>()
  for (const [index, score] of pairs ?? []) {
    if (typeof score === 'number' && Number.isFinite(score)) scores.set(index, Math.max(0, score))
  }
  return Array.from({ length: count }, (_, index) => {
    const score = scores.get(index)
    if (score === undefined) throw new Refusal(200, `no score for text ${index} of ${count}`, 0)
    return score
  })
}

function unavailable(cause: unknown): AppError {
  const refused = cause instanceof Refusal && [400, 401, 403, 404, 405, 413, 422].includes(cause.status)
  const odd = cause instanceof Refusal && cause.status === 200
  const message =
    refused || odd
      ? 'The reranker refuses the request or answers in another shape. Its operator has to check RERANK_URL, RERANK_SHAPE, RERANK_MODEL and RERANK_API_KEY.'
      : 'The reranker cannot be reached or is busy. Try again, or ask without `rerank`.'
  const retryAfterS = cause instanceof NotAttempted ? cause.retryAfterS : undefined
  return new AppError('rerank_unavailable', message, { cause, ...(retryAfterS !== undefined && { retryAfterS }) })
}
