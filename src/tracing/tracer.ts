/**
 * Fields of a span, by OpenTelemetry's semantic conventions or under `tenant_router.`. They name routes, codes, models
 * and tenants; never a text, a question, a vector, an address or a token.
 */
export type SpanFields = Readonly<Record<string, string | number | undefined>>

/** One piece of work in a trace. */
export interface Span {
  /** Runs work inside the span: calls that begin there are its children. */
  within<T>(work: () => T): T
  set(fields: SpanFields): void
  /** Ends the span; `errorType` says that it failed, by a code and never by a message. */
  end(errorType?: string): void
}

/** Headers of the W3C's Trace Context (`traceparent`, `tracestate`) by which a trace goes on elsewhere. */
export type TraceHeaders = Readonly<Record<string, string>>

/** Where a trace comes from: the headers of a request, or what was kept of them. */
export interface TraceSource {
  get(name: string): string | null | undefined
}

/** Traces of one replica. Parts get it only where traces are on, so that without it nothing is done for them. */
export interface Tracer extends AsyncDisposable {
  /** Begins the work that something outside asked for, in the trace of whoever asked. */
  serve(kind: 'server' | 'consumer', name: string, fields: SpanFields, from: TraceSource): Span
  /**
   * Begins a call to another part (`client`) or a piece of work here (`internal`) within the span that runs now.
   * @returns undefined outside of any span, and where the trace is not sampled: background rounds leave no spans.
   */
  call(kind: 'client' | 'internal', name: string, fields: SpanFields): Span | undefined
  /** What an outgoing call carries; empty outside of any span. */
  headers(): TraceHeaders
}

/**
 * Runs a call as a span.
 * @param fieldsOf what its result says of it.
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

/** The code of a fault, or its class: messages may hold what they are about. */
export function errorTypeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

/** A `fetch` whose requests carry the trace that they are made in. */
export function tracedFetch({ headers }: Pick<Tracer, 'headers'>): typeof fetch {
  return (input, init) => {
    const all = new Headers(init?.headers)
    for (const [name, value] of Object.entries(headers())) all.set(name, value)
    return fetch(input, { ...init, headers: all })
  }
}
