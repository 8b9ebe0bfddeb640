import http from 'node:http'
import https from 'node:https'
import { type ExportResult, ExportResultCode } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'
import { within } from '../within.ts'

export interface BoundedExporterOptions {
  /** The complete URL that spans are posted to. */
  readonly url: string
  /** Called when the collector fails after it worked; spans are dropped meanwhile. */
  readonly onFailing: (error: Error | undefined) => void
  readonly onWorking: () => void
}

export interface BoundedExporter extends SpanExporter {
  /** Waits for the last spans, then aborts what the collector has not accepted. */
  within(limitMs: number, flushed: Promise<void>): Promise<void>
}

/** Time that a pending retry may keep the process alive: the SDK's longest pause. */
const lastPauseMs = 6_000

/**
 * The SDK's exporter over OTLP/HTTP in JSON, with a bounded end: the SDK cannot abort a request to a hanging collector,
 * and its timers would keep the process alive for 30 s.
 */
export function boundedExporter({ url, onFailing, onWorking }: BoundedExporterOptions): BoundedExporter {
  const secure = url.startsWith('https:')
  const agent = secure ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true })
  const exporter = new OTLPTraceExporter({ url, httpAgentOptions: () => agent })
  const underWay = new Map<Promise<void>, (result: ExportResult) => void>()
  let failing = false
  let isOver = false

  function note({ code, error }: ExportResult): void {
    const fails = code !== ExportResultCode.SUCCESS
    if (fails === failing || isOver) return
    failing = fails
    if (fails) onFailing(error)
    else onWorking()
  }

  function breakOff(): void {
    isOver = true
    // The SDK waits for each batch on a timer of its own, which ends with the batch.
    for (const tell of underWay.values()) tell({ code: ExportResultCode.FAILED })
    agent.createConnection = () => {
      throw new Error('the exporter is closed')
    }
    agent.destroy()
  }

  return {
    export(spans: ReadableSpan[], done) {
      const { promise, resolve } = Promise.withResolvers<void>()
      underWay.set(promise, done)
      exporter.export(spans, (result) => {
        underWay.delete(promise)
        resolve()
        note(result)
        done(result)
      })
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
    async within(limitMs, flushed) {
      await within(
        limitMs,
        flushed.catch(() => undefined),
      )
      const left = [...underWay.keys()]
      breakOff()
      await within(lastPauseMs, Promise.allSettled(left))
    },
  }
}
