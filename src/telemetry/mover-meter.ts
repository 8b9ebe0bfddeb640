import { Gauge, type Registry } from 'prom-client'
import { FastCounter } from './fast-counter.ts'

export interface MoverMeter {
  /** Counts a mover's thread that ended without being asked to. */
  died(): void
  show(isUp: boolean): void
}

export function createMoverMeter(registry: Registry): MoverMeter {
  const deaths = new FastCounter(registry, {
    name: 'tenant_router_mover_deaths_total',
    help: "Times that the thread of this replica's mover ended without being asked to",
  }).series()
  const up = new Gauge({
    name: 'tenant_router_mover_up',
    help: "0 while the thread of this replica's mover has died and another is not started yet",
    registers: [registry],
  })
  return { died: () => deaths.inc(), show: (isUp) => up.set(isUp ? 1 : 0) }
}
