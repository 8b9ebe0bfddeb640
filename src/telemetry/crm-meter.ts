import type { Registry } from 'prom-client'
import { FastCounter } from './fast-counter.ts'

/** Counts what CRMs send. */
export interface CrmMeter {
  /** @param source a source of the settings, or `other`: a caller can name anything, and must not make series by it */
  count(source: string, outcome: string, by?: number): void
}

export function createCrmMeter(registry: Registry): CrmMeter {
  const events = new FastCounter(registry, {
    name: 'tenant_router_crm_events_total',
    help: 'Events of CRMs by source and outcome; refused and unreadable: whole calls',
    labelNames: ['source', 'outcome'],
  })
  return { count: (source, outcome, by = 1) => events.series({ source, outcome }).inc(by) }
}
