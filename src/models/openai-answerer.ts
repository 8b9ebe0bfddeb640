import { setTimeout as wait } from 'node:timers/promises'
import { APIConnectionTimeoutError } from 'openai'
import type { ChatCompletionChunk } from 'openai/resources/chat/completions'
import type { CompletionUsage } from 'openai/resources/completions'
import { backoffMs } from '../backoff.ts'
import { AppError } from '../errors.ts'
import type { Guard } from '../resilience/guard.ts'
import { guardedAttempt, NotAttempted } from '../resilience/guarded-attempt.ts'
import { answerFault, answerNotAsked, brokeOff, tookTooLong } from './answer-faults.ts'
import type { AnswerEnd, Answerer, AnswerPart, AnswerTask } from './answerer.ts'
import { type OpenAiClientOptions, openAiClient, providerFault } from './openai-client.ts'
import { isPassingFault, pauseBeforeRetry } from './provider-fault.ts'

export interface OpenAiAnswererOptions extends OpenAiClientOptions {
  readonly model: string
  /** Longest silence of the model, before the first word and between two words. Default 60,000. */
  readonly silenceMs?: number
  /** Retries after the first attempt, default 2; made only before any text has been sent. */
  readonly maxRetries?: number
  /** Pause before the first retry, doubled for each further one; a longer `Retry-After` wins. Default 300. */
  readonly retryBaseMs?: number
  /** Asked before each attempt; absent: nothing is refused. */
  readonly guard?: Guard | undefined
}

/** Longest pause while a caller waits; a model that asks for more is reported as busy. */
const longestPauseMs = 2_000

/** Streams chat completions, which tells a silent model from one with a long answer. */
export function openAiAnswerer(options: OpenAiAnswererOptions): Answerer {
  const { model, silenceMs = 60_000, maxRetries = 2, retryBaseMs = 300, guard } = options
  const backoff = { baseMs: retryBaseMs, maxMs: longestPauseMs }
  const ended = new AbortController()
  // No retries of its own: they would keep a caller waiting for a minute if Retry-After says so.
  const client = openAiClient(options, { timeout: silenceMs, maxRetries: 0 })

  async function open({ prompt }: AnswerTask, signal: AbortSignal): Promise<AsyncIterable<ChatCompletionChunk>> {
    const messages = [
      { role: 'system' as const, content: prompt.system },
      { role: 'user' as const, content: prompt.user },
    ]
    const request = { model, messages, stream: true as const, stream_options: { include_usage: true } }
    guard?.countCall()
    for (let failures = 0; ; failures += 1) {
      try {
        return await guardedAttempt(guard, signal, isFault, () => client.chat.completions.create(request, { signal }))
      } catch (error) {
        if (signal.aborted) throw signal.reason
        if (error instanceof NotAttempted) throw answerNotAsked(error)
        if (error instanceof APIConnectionTimeoutError) throw tookTooLong()
        const pauseMs = pauseBeforeRetry(providerFault(error), backoffMs(backoff, failures), longestPauseMs)
        const isLast = pauseMs === undefined || failures >= maxRetries || guard?.mayRepeat() === false
        if (isLast) throw answerFault(providerFault(error), options.apiKey)
        await wait(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted())
      }
    }
  }

  return {
    model,
    async write(task, { signal } = {}) {
      const silence = new AbortController()
      const end = AbortSignal.any([silence.signal, ended.signal, ...(signal ? [signal] : [])])
      const chunks = await open(task, end)
      const promptBytes = Buffer.byteLength(task.prompt.system) + Buffer.byteLength(task.prompt.user)
      return partsOf(chunks, { silence, end, silenceMs, apiKey: options.apiKey, promptBytes })
    },
    async [Symbol.asyncDispose]() {
      ended.abort(new AppError('shutting_down', 'The service is shutting down.'))
    },
  }
}

const isFault = (error: unknown): boolean => isPassingFault(providerFault(error)) && providerFault(error).status !== 429

interface Reading {
  readonly silence: AbortController
  readonly end: AbortSignal
  readonly silenceMs: number
  readonly apiKey: string | undefined
  readonly promptBytes: number
}

/** Estimate where the endpoint counts no tokens: four bytes per token, typical of English text. */
const bytesPerToken = 4

async function* partsOf(chunks: AsyncIterable<ChatCompletionChunk>, reading: Reading): AsyncGenerator<AnswerPart> {
  const { silence, end, silenceMs } = reading
  const source = chunks[Symbol.asyncIterator]()
  let finish: AnswerEnd['finish'] | undefined
  let usage: AnswerEnd['usage'] | undefined
  let saidBytes = 0
  try {
    for (;;) {
      // Only while the model is waited for: a caller who reads slowly is no silence of the model's.
      const patience = setTimeout(() => silence.abort(tookTooLong()), silenceMs)
      const next = await source.next().finally(() => clearTimeout(patience))
      if (end.aborted) throw end.reason // the SDK ends its stream quietly then
      if (next.done === true) break
      const [choice] = next.value.choices ?? []
      const text = choice?.delta?.content ?? choice?.delta?.refusal
      if (text) {
        saidBytes += Buffer.byteLength(text)
        yield { text }
      }
      if (choice?.finish_reason) finish = finishOf(choice.finish_reason)
      if (next.value.usage) usage = usageOf(next.value.usage)
    }
  } catch (error) {
    throw end.aborted ? end.reason : answerFault(providerFault(error), reading.apiKey)
  } finally {
    silence.abort() // lets go of a request that is not read to its end
  }
  // A connection that closes too early looks like an end; only a reason to finish is one.
  if (finish === undefined) throw brokeOff()
  const estimate = {
    promptTokens: Math.ceil(reading.promptBytes / bytesPerToken),
    completionTokens: Math.ceil(saidBytes / bytesPerToken),
  }
  yield { finish, usage: usage ?? estimate }
}

function finishOf(reason: NonNullable<ChatCompletionChunk.Choice['finish_reason']>): AnswerEnd['finish'] {
  return reason === 'length' || reason === 'content_filter' ? reason : 'stop'
}

function usageOf({ prompt_tokens, completion_tokens }: CompletionUsage): AnswerEnd['usage'] {
  return { promptTokens: prompt_tokens, completionTokens: completion_tokens }
}
