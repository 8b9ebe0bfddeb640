/** One event of a stream, its data still text. `id`: resume after it when the connection is lost. */
export interface ServerEvent {
  readonly id?: string
  readonly event: string
  readonly data: string
}

/** Silence after which the connection counts as lost; the service sends a sign of life every 15 s. */
const silenceMs = 45_000

/**
 * Server-sent events (HTML standard, section 9.2.6) of a response, until its connection ends.
 * @throws when the connection breaks, `signal` fires, or nothing arrives for 45 s.
 */
export async function* readEvents(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<ServerEvent> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await within(reader.read(), signal)
      if (done) return
      rest += value.replaceAll('\r\n', '\n')
      for (let end = rest.indexOf('\n\n'); end !== -1; end = rest.indexOf('\n\n')) {
        const event = parse(rest.slice(0, end))
        rest = rest.slice(end + 2)
        if (event !== undefined) yield event
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

function parse(frame: string): ServerEvent | undefined {
  const fields = new Map<string, string>()
  const data: string[] = []
  for (const line of frame.split('\n')) {
    const colon = line.indexOf(':')
    if (colon === 0) continue
    const name = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'data') data.push(value)
    else fields.set(name, value)
  }
  if (data.length === 0) return undefined
  const id = fields.get('id')
  return { event: fields.get('event') ?? 'message', data: data.join('\n'), ...(id === undefined ? {} : { id }) }
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
