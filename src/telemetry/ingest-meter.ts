import { Gauge, type Registry } from 'prom-client'
import { FastCounter } from './fast-counter.ts'
import { FastHistogram } from './fast-histogram.ts'

export interface IngestMeter {
  /** Counts a completed attempt on an upload. */
  done(outcome: string, ms: number): void
}

export interface UploadCount {
  readonly status: string
  readonly documents: number
  readonly bytes: number
}

const boundsMs = [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000]

/** Attempts on uploads by outcome, with their time. */
export function createIngestMeter(registry: Registry): IngestMeter {
  const attempts = new FastCounter(registry, {
    name: 'tenant_router_upload_attempts_total',
    help: 'Attempts on uploads, by outcome: ready, failed, again, dropped, lost',
    labelNames: ['outcome'],
  })
  const time = new FastHistogram(registry, {
    name: 'tenant_router_upload_attempt_seconds',
    help: 'Time of an attempt on an upload',
    boundsMs,
  }).series({})
  return {
    done(outcome, ms) {
      attempts.series({ outcome }).inc()
      time.observe(ms)
    },
  }
}

/** @returns a function that sets the queue's depth before each scrape; undefined: it could not be read. */
export function uploadGauges(registry: Registry): (counts: readonly UploadCount[] | undefined) => void {
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `tenant_router_${name}`, help, labelNames: ['status'], registers: [registry] })
  const documents = gauge('uploads', 'Uploads that are not done, by status')
  const bytes = gauge('upload_bytes', 'Bytes of uploads that are not done, by status')
  return (counts = []) => {
    for (const each of [documents, bytes]) each.reset()
    for (const count of counts) {
      documents.set({ status: count.status }, count.documents)
      bytes.set({ status: count.status }, count.bytes)
    }
  }
}
