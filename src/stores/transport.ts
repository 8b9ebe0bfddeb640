import { setTimeout as sleep } from 'node:timers/promises'
import { type Backoff, backoffMs } from '../backoff.ts'
import { type AttemptEnd, type Guard, isRefused, type Refusal } from '../resilience/guard.ts'
import { type Attempt, type HttpAttempts, httpAttempts } from './http-attempt.ts'
import { parseRetryAfterMs } from './retry-after.ts'

export interface TransportOptions {
  /** Limit of one attempt, from its start to the end of the answer's body. */
  readonly timeouts: { readonly readMs: number; readonly writeMs: number }
  readonly retry: Backoff & {
    readonly attempts: number
    /** Limit of all attempts of a call together; also the longest `Retry-After` that is honoured. */
    readonly readDeadlineMs: number
    readonly writeDeadlineMs: number
  }
  readonly random?: () => number
  /** Returns the trace headers for a request, from the span that it runs in. */
  readonly traceHeaders?: (() => Readonly<Record<string, string>>) | undefined
}

/** One call to the store and its observed state. The transport fills it; the SDK would hide it. */
export interface StoreExchange {
  readonly write: boolean
  readonly signal: AbortSignal | undefined
  /** See `CallOptions`. */
  readonly noRepeatInDoubt: boolean
  /** Asked before each attempt; absent where nothing is guarded. */
  readonly guard: Guard | undefined
  attempts: number
  /** Why the last attempt was not made. */
  refused: Refusal | undefined
  /** Attempts refused with 429. */
  refusals: number
  /** The last answer's status; 0 without one. */
  status: number
  /** The last answer's body, kept for refusals only. */
  words: string
  /** The JSON of the last answer as the SDK read it; undefined where it read none. */
  answer: unknown
  /** Set when an attempt was sent and no answer tells its outcome (timeout, reset, 5xx). */
  inDoubt: boolean
  requestLsn: number | undefined
  indexedLsn: number | undefined
  retryAfterMs: number | undefined
  /** Why the last attempt has no answer. */
  cause: unknown
  /** The store's own time of the last answer (`Date`, RFC 9110). */
  date: string | undefined
}

type ExchangeStart = Pick<StoreExchange, 'write' | 'signal' | 'guard'> & {
  readonly noRepeatInDoubt?: boolean | undefined
}

export function newExchange({ write, signal, guard, noRepeatInDoubt = false }: ExchangeStart): StoreExchange {
  return {
    write,
    signal,
    noRepeatInDoubt,
    guard,
    attempts: 0,
    refused: undefined,
    refusals: 0,
    status: 0,
    words: '',
    answer: undefined,
    inDoubt: false,
    requestLsn: undefined,
    indexedLsn: undefined,
    retryAfterMs: undefined,
    cause: undefined,
    date: undefined,
  }
}

export interface Transport extends Disposable {
  /** A `fetch` for one call of the SDK; it records its observations in `exchange`. */
  fetchFor(exchange: StoreExchange): typeof fetch
}

/**
 * Timeouts, retries and the store's headers. It retries 429, 5xx and lost connections: all our calls set a state, so
 * repeating one is harmless. A second attempt cannot undo that the first may land late; `inDoubt` reports that.
 */
export function transport(options: TransportOptions): Transport {
  const attempts = httpAttempts()
  return {
    fetchFor: (exchange) => ((url: string, init: RequestInit) => send(attempts, options, exchange, url, init)) as never,
    [Symbol.dispose]: () => attempts[Symbol.dispose](),
  }
}

async function send(
  http: HttpAttempts,
  { timeouts, retry, random = Math.random, traceHeaders }: TransportOptions,
  exchange: StoreExchange,
  url: string,
  init: RequestInit,
): Promise<Answer> {
  const { signal, write, guard } = exchange
  const own = init.headers as Record<string, string>
  const headers = traceHeaders === undefined ? own : { ...own, ...traceHeaders() }
  const attemptMs = write ? timeouts.writeMs : timeouts.readMs
  const deadline = performance.now() + (write ? retry.writeDeadlineMs : retry.readDeadlineMs)
  guard?.countCall()
  for (;;) {
    const pass = guard?.enter()
    if (pass !== undefined && isRefused(pass)) {
      exchange.refused = pass
      throw new GaveUp()
    }
    const timeoutMs = Math.max(1, Math.min(attemptMs, deadline - performance.now()))
    const body = typeof init.body === 'string' ? init.body : undefined
    const outcome = await http.send({ url, method: init.method ?? 'GET', headers, body, timeoutMs, signal })
    note(exchange, outcome)
    pass?.(endOf(outcome, signal))
    if (outcome.kind === 'answered' && !isWorthRetrying(outcome.status)) return new Answer(exchange, outcome.body)
    const waitMs = waitAfter(exchange, backoffMs(retry, exchange.attempts - 1, random))
    const isDone = exchange.inDoubt && exchange.noRepeatInDoubt
    const isLast = isDone || exchange.attempts >= retry.attempts || performance.now() + waitMs >= deadline
    if (isLast || signal?.aborted || guard?.mayRepeat() === false) throw new GaveUp()
    await sleep(waitMs, undefined, signal ? { signal } : undefined)
  }
}

/** An attempt that its caller ended before it was answered says nothing of the store. */
function endOf(outcome: Attempt, signal: AbortSignal | undefined): AttemptEnd {
  if (outcome.kind !== 'answered') return signal?.aborted ? 'abandoned' : 'failed'
  return outcome.status === 429 || !isWorthRetrying(outcome.status) ? 'answered' : 'failed'
}

/** The wait before another attempt: never shorter than the store asked for, and random beyond it. */
function waitAfter({ retryAfterMs }: StoreExchange, pauseMs: number): number {
  return retryAfterMs === undefined ? pauseMs : retryAfterMs + pauseMs / 2
}

function note(exchange: StoreExchange, outcome: Attempt): void {
  exchange.attempts += 1
  exchange.retryAfterMs = undefined
  if (outcome.kind !== 'answered') {
    exchange.status = 0
    exchange.cause = outcome.cause
    if (outcome.kind === 'unanswered') exchange.inDoubt = true
    return
  }
  const { status, headers } = outcome
  exchange.status = status
  exchange.cause = undefined
  exchange.date = headers.date
  exchange.requestLsn = sequenceNumber(headers['x-pinecone-request-lsn'])
  exchange.indexedLsn = sequenceNumber(headers['x-pinecone-max-indexed-lsn'])
  if (status < 300) return
  exchange.words = outcome.body
  exchange.retryAfterMs = parseRetryAfterMs(headers['retry-after'], Date.now())
  if (status === 429) exchange.refusals += 1
  else if (isWorthRetrying(status)) exchange.inDoubt = true
}

function isWorthRetrying(status: number): boolean {
  // 507: there is no room for it, and will be none in a moment; nothing was stored (RFC 4918, section 11.5).
  return status === 429 || status === 408 || (status >= 500 && status !== 507)
}

function sequenceNumber(header: string | string[] | undefined): number | undefined {
  if (typeof header !== 'string' || !/^\d+$/.test(header)) return undefined
  const number = Number(header)
  return Number.isSafeInteger(number) ? number : undefined
}

/** Retries are used up. It has no `status` property, which the SDK would take as a reason to retry. */
class GaveUp extends Error {
  override readonly name = 'GaveUp'
}

/**
 * The part of a `Response` that the SDK reads, its body already complete: the SDK clones each response once per
 * middleware, which splits a real one's body stream each time.
 */
class Answer {
  readonly status: number
  readonly ok: boolean
  readonly #exchange: StoreExchange
  readonly #body: string

  constructor(exchange: StoreExchange, body: string) {
    this.status = exchange.status
    this.ok = exchange.status < 300
    this.#exchange = exchange
    this.#body = body
  }
  clone(): this {
    return this
  }
  async text(): Promise<string> {
    return this.#body
  }
  async json(): Promise<unknown> {
    const answer: unknown = JSON.parse(this.#body)
    this.#exchange.answer = answer
    return answer
  }
}
