/** One request's span; ending it hands it to the exporter. */
export interface Span {
  end(attributes: Readonly<Record<string, string | number>>, failed: boolean): void
}

export interface Tracer extends AsyncDisposable {
  /**
   * @param traceparent the caller's, by the W3C's Trace Context; its trace goes on here.
   * @returns undefined when the caller's trace is not sampled.
   */
  start(name: string, traceparent: string | undefined): Span | undefined
}

export interface TracerOptions {
  /** As in `OTEL_EXPORTER_OTLP_ENDPOINT`: spans are posted to `<endpoint>/v1/traces` as OTLP in JSON. */
  readonly endpoint: string
  readonly service?: string
  readonly intervalMs?: number
  /** A batch could not be delivered; it is dropped, for traces must not become load or memory. */
  readonly onLost?: (error: unknown, spans: number) => void
}

interface Finished {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: 2
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly unknown[]
  readonly status: { readonly code?: 2 }
}

const batchMax = 512
const queueMax = 2048
const deliveryLimitMs = 5000

/** Spans of requests, sent in batches. They name routes, codes and tenants: no content, no address, no token. */
export function createTracer(options: TracerOptions): Tracer {
  let queue: Finished[] = []
  let sending: Promise<void> = Promise.resolve()
  const send = (): Promise<void> => {
    const batch = queue
    queue = []
    if (batch.length > 0) sending = sending.then(() => deliver(batch, options))
    return sending
  }
  const timer = setInterval(() => void send(), options.intervalMs ?? 5000)
  timer.unref()
  return {
    start(name, traceparent) {
      const parent = parentOf(traceparent)
      if (parent?.sampled === false) return undefined
      const startMs = performance.timeOrigin + performance.now()
      const ids = crypto.randomUUID().replaceAll('-', '')
      return {
        end(attributes, failed) {
          if (queue.length >= queueMax) {
            options.onLost?.(new Error('spans come faster than they can be sent'), 1)
            return
          }
          queue.push({
            traceId: parent?.traceId ?? ids,
            spanId: crypto.randomUUID().replaceAll('-', '').slice(0, 16),
            ...(parent !== undefined && { parentSpanId: parent.spanId }),
            name,
            kind: 2,
            startTimeUnixNano: nanos(startMs),
            endTimeUnixNano: nanos(performance.timeOrigin + performance.now()),
            attributes: attributesOf(attributes),
            status: failed ? { code: 2 } : {},
          })
          if (queue.length === batchMax) void send()
        },
      }
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await send()
    },
  }
}

async function deliver(spans: readonly Finished[], { endpoint, service, onLost }: TracerOptions): Promise<void> {
  const resource = { attributes: attributesOf({ 'service.name': service ?? 'tenant-router' }) }
  const body = { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'tenant-router' }, spans }] }] }
  try {
    const response = await fetch(`${endpoint.replace(/\/$/, '')}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(deliveryLimitMs),
    })
    await response.body?.cancel()
    if (!response.ok) throw new Error(`the trace collector answered ${response.status}`)
  } catch (error) {
    onLost?.(error, spans.length)
  }
}

/** W3C Trace Context, section 3.2; anything else than a sound header starts a trace of our own. */
function parentOf(header: string | undefined) {
  const match = header === undefined ? null : /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/.exec(header)
  const [, traceId = '', spanId = '', flags = ''] = match ?? []
  if (match === null || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

function attributesOf(attributes: Readonly<Record<string, string | number>>): readonly unknown[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }))
}

function nanos(ms: number): string {
  const whole = Math.floor(ms)
  return `${whole}${String(Math.floor((ms - whole) * 1e6)).padStart(6, '0')}`
}
