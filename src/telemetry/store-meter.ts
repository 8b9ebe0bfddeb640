import type { Registry } from 'prom-client'
import { type CounterSeries, FastCounter } from './fast-counter.ts'
import { FastHistogram, type HistogramSeries } from './fast-histogram.ts'

/** Calls to the vector store, counting every attempt of the transport. */
export interface StoreMeter {
  /** `status`: the HTTP status, or 0 when there was no answer. */
  call(operation: string, status: number, ms: number): void
  /** The mean time of an operation's calls since the start; undefined: there were none. */
  meanMs(operation: string): number | undefined
}

const boundsMs = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000]

/** Operations are the adapter's own names, a dozen; the limit bounds the series should data ever name one. */
const operationsMax = 50

export function createStoreMeter(registry: Registry): StoreMeter {
  const calls = new FastCounter(registry, {
    name: 'tenant_router_store_calls_total',
    help: 'Calls to the vector store by operation and HTTP status (0: no answer)',
    labelNames: ['operation', 'status'],
  })
  const latency = new FastHistogram(registry, {
    name: 'tenant_router_store_call_duration_seconds',
    help: 'Calls to the vector store, by operation',
    boundsMs,
  })
  const known = new Map<
    string,
    { readonly durations: HistogramSeries; readonly statuses: Map<number, CounterSeries> }
  >()
  return {
    call(operation, status, ms) {
      const name = known.has(operation) || known.size < operationsMax ? operation : 'other'
      let meter = known.get(name)
      if (meter === undefined) {
        meter = { durations: latency.series({ operation: name }), statuses: new Map() }
        known.set(name, meter)
      }
      let series = meter.statuses.get(status)
      if (series === undefined) {
        series = calls.series({ operation: name, status: String(status) })
        meter.statuses.set(status, series)
      }
      series.inc()
      meter.durations.observe(ms)
    },
    meanMs: (operation) => known.get(operation)?.durations.meanMs,
  }
}
