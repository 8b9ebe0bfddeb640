import { createParser } from 'eventsource-parser'

/** One event of a stream, its data still text. `id`: resume after it when the connection is lost. */
export interface ServerEvent {
  readonly id?: string
  readonly event: string
  readonly data: string
}

/** Silence after which the connection counts as lost; the service sends a sign of life every 15 s. */
const silenceMs = 45_000

/**
 * Server-sent events of a response, until its connection ends.
 * @throws when the connection breaks, `signal` fires, or nothing arrives for 45 s.
 */
export async function* readEvents(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<ServerEvent> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader()
  let events: ServerEvent[] = []
  const parser = createParser({
    onEvent: ({ id, event = 'message', data }) => events.push({ event, data, ...(id !== undefined && { id }) }),
  })
  try {
    for (;;) {
      // Bytes and not events: a comment is the service's sign that it is there.
      const { done, value } = await within(reader.read(), signal)
      if (done) return
      parser.feed(value)
      const heard = events
      events = []
      yield* heard
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

async function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  const timer = setTimeout(() => reject(new Error('the stream is silent')), silenceMs)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    signal.throwIfAborted()
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}
