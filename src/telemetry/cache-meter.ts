import type { Registry } from 'prom-client'
import { type CounterSeries, FastCounter } from './fast-counter.ts'

/** Lookups in tenants' caches, by kind and outcome. */
export function createCacheMeter(registry: Registry): { lookup(kind: string, hit: boolean): void } {
  const counter = new FastCounter(registry, {
    name: 'tenant_router_cache_total',
    help: 'Questions’ vectors, results and answers: found kept (hit) or not (miss)',
    labelNames: ['kind', 'result'],
  })
  const series = new Map<string, { readonly hits: CounterSeries; readonly misses: CounterSeries }>()
  const seriesOf = (kind: string) => {
    const made = { hits: counter.series({ kind, result: 'hit' }), misses: counter.series({ kind, result: 'miss' }) }
    series.set(kind, made)
    return made
  }
  return {
    lookup(kind, hit) {
      const { hits, misses } = series.get(kind) ?? seriesOf(kind)
      if (hit) hits.inc()
      else misses.inc()
    },
  }
}
