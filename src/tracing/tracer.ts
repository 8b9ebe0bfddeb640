/**
 * Fields of a span, by OpenTelemetry's semantic conventions or under `tenant_router.`. They name routes, codes, models
 * and tenants; never a text, a question, a vector, an address or a token.
 */
export type SpanFields = Readonly<Record<string, string | number | undefined>>

/** One piece of work in a trace. */
export interface Span {
  /** Runs work inside the span: calls that begin there become its children. */
  within<T>(work: () => T): T
  set(fields: SpanFields): void
  /** Ends the span; `errorType` marks a failure, by a code and never by a message. */
  end(errorType?: string): void
}

/** W3C Trace Context headers (`traceparent`, `tracestate`) that continue a trace elsewhere. */
export type TraceHeaders = Readonly<Record<string, string>>

/** The origin of a trace: the headers of a request, or a stored copy of them. */
export interface TraceSource {
  get(name: string): string | null | undefined
}

/** Traces of one replica. Parts get it only if traces are on, so that otherwise they cost nothing. */
export interface Tracer extends AsyncDisposable {
  /** Begins work that an outside caller requested, in that caller's trace. */
  serve(kind: 'server' | 'consumer', name: string, fields: SpanFields, from: TraceSource): Span
  /**
   * Begins a call to another part (`client`) or local work (`internal`) within the present span.
   * @returns undefined outside of any span, and where the trace is not sampled: background rounds leave no spans.
   */
  call(kind: 'client' | 'internal', name: string, fields: SpanFields): Span | undefined
  /** Headers for an outgoing call; empty outside of any span. */
  headers(): TraceHeaders
}

/**
 * Runs a call as a span.
 * @param fieldsOf fields from its result.
 */
export async function traced<T>(
  span: Span | undefined,
  work: () => Promise<T>,
  fieldsOf: (result: T) => SpanFields = () => ({}),
): Promise<T> {
  if (span === undefined) return work()
  try {
    const result = await span.within(work)
    span.set(fieldsOf(result))
    span.end()
    return result
  } catch (error) {
    span.end(errorTypeOf(error))
    throw error
  }
}

/** The fault's code, or its class: messages may contain private data. */
export function errorTypeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

/** A `fetch` whose requests carry the present trace. */
export function tracedFetch({ headers }: Pick<Tracer, 'headers'>): typeof fetch {
  return (input, init) => {
    const all = new Headers(init?.headers)
    for (const [name, value] of Object.entries(headers())) all.set(name, value)
    return fetch(input, { ...init, headers: all })
  }
}
