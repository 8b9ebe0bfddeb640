import { Gauge, type Registry } from 'prom-client'
import { FastCounter } from './fast-counter.ts'

/** A dependency that is not asked for a while. */
export interface OpenCircuit {
  readonly dependency: string
  /** Which one: an index with its project, a project, a model; empty where there is one only. */
  readonly target: string
}

export interface ResilienceMeter {
  /** Counts a request that was refused because the event loop is late. */
  shed(): void
  show(open: readonly OpenCircuit[]): void
}

export function createResilienceMeter(registry: Registry): ResilienceMeter {
  const shed = new FastCounter(registry, {
    name: 'tenant_router_requests_shed_total',
    help: 'Requests of tenants that were refused because the event loop is late',
  }).series()
  const open = new Gauge({
    name: 'tenant_router_circuit_open',
    help: 'Dependencies that are not asked for a while, since the last attempts all failed',
    labelNames: ['dependency', 'target'],
    registers: [registry],
  })
  return {
    shed: () => shed.inc(),
    show(circuits) {
      open.reset()
      for (const circuit of circuits) open.set({ ...circuit }, 1)
    },
  }
}
