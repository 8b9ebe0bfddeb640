import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Context,
  defaultTextMapSetter,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { type BoundedExporterOptions, boundedExporter } from './bounded-exporter.ts'
import type { Span, SpanFields, Tracer, TraceSource } from './tracer.ts'

export interface OpenTelemetryOptions extends BoundedExporterOptions {
  readonly service: { readonly name: string; readonly version: string; readonly instanceId: string }
}

/** Time that a stopping replica waits for its last spans. */
const flushLimitMs = 3_000

const kinds = {
  server: SpanKind.SERVER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
} as const

/**
 * OpenTelemetry's SDK as the tracer of one replica. Sampling, batches, limits, the resource, and the exporter's headers,
 * timeout and compression follow the standard `OTEL_*` variables, which the SDK itself reads. Nothing is registered
 * globally, so two replicas of one process keep apart.
 *
 * Of the SDK only what traces need is installed, in the line 2: from 3 on just `sdk-node` reads the variables, and it comes
 * with gRPC, metrics, logs and three more exporters. No call is instrumented by patching: the parts begin their own spans.
 *
 * Loaded only when traces are on: the current span is found by `AsyncLocalStorage`, the one ambient thing of this code.
 */
export function openTelemetry(options: OpenTelemetryOptions): Tracer {
  const { name, version, instanceId } = options.service
  const own = resourceFromAttributes({
    'service.name': name,
    'service.version': version,
    'service.instance.id': instanceId,
  })
  const exporter = boundedExporter(options)
  const provider = new BasicTracerProvider({
    // The environment's names come last: they win.
    resource: defaultResource()
      .merge(own)
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  })
  const tracer = provider.getTracer('tenant-router', version)
  const propagator = new W3CTraceContextPropagator()
  const current = new AsyncLocalStorage<Context>()

  const spanOf = (span: OtelSpan, parent: Context): Span => {
    const own = trace.setSpan(parent, span)
    return {
      within: (work) => current.run(own, work),
      set: (fields) => void span.setAttributes(present(fields)),
      end(errorType) {
        if (errorType !== undefined) {
          span.setAttribute('error.type', errorType)
          span.setStatus({ code: SpanStatusCode.ERROR })
        }
        span.end()
      },
    }
  }
  const start = (kind: keyof typeof kinds, spanName: string, fields: SpanFields, parent: Context): Span =>
    spanOf(tracer.startSpan(spanName, { kind: kinds[kind], attributes: present(fields) }, parent), parent)

  return {
    serve: (kind, spanName, fields, from) =>
      start(kind, spanName, fields, propagator.extract(ROOT_CONTEXT, from, sourceGetter)),
    call(kind, spanName, fields) {
      const parent = current.getStore()
      if (parent === undefined || trace.getSpan(parent)?.isRecording() !== true) return undefined
      return start(kind, spanName, fields, parent)
    },
    headers() {
      const headers: Record<string, string> = {}
      const context = current.getStore()
      if (context !== undefined) propagator.inject(context, headers, defaultTextMapSetter)
      return headers
    },
    async [Symbol.asyncDispose]() {
      await exporter.within(flushLimitMs, provider.shutdown())
    },
  }
}

const sourceGetter = {
  keys: () => ['traceparent', 'tracestate'],
  get: (from: TraceSource, name: string) => from.get(name) ?? undefined,
}

function present(fields: SpanFields): Record<string, string | number> {
  const entries = Object.entries(fields).filter((entry): entry is [string, string | number] => entry[1] !== undefined)
  return Object.fromEntries(entries)
}
