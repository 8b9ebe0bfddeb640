import type { Registry } from 'prom-client'
import { type ErrorCode, errorCodes } from '../errors.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { BusiestTenants } from './busiest-tenants.ts'
import { type CounterSeries, FastCounter } from './fast-counter.ts'
import { FastHistogram, type HistogramSeries } from './fast-histogram.ts'

/** Meters of one listener's route. */
export interface RouteMeter {
  /** @param isCached the answer is the result cache's. */
  done(status: number, ms: number, tenantId: TenantId | undefined, isCached?: boolean): void
}

/** Meters of the HTTP surface. */
export interface HttpMeter {
  route(method: string, path: string): RouteMeter
  error(code: ErrorCode): void
  /** Time to verify a token. */
  auth(ms: number): void
  /** Counts a caller's attempts, in one request, to name a tenant or place. */
  placesNamed(times: number): void
}

/** Bounds for steps of a request, from a cached token (microseconds) to an answer that a model writes. */
export const stepBoundsMs = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000]

export interface HttpMeterParts {
  readonly registry: Registry
  readonly steps: { readonly auth: HistogramSeries; readonly total: HistogramSeries }
}

export function createHttpMeter({ registry, steps }: HttpMeterParts): HttpMeter {
  const requests = new FastCounter(registry, {
    name: 'tenant_router_http_requests_total',
    help: 'Requests served, by route and status (499: the caller went away first)',
    labelNames: ['method', 'route', 'status'],
  })
  const latency = new FastHistogram(registry, {
    name: 'tenant_router_http_request_duration_seconds',
    help: 'From the head of a request to its answer; for event streams, to their end',
    boundsMs: stepBoundsMs,
  })
  const errors = new FastCounter(registry, {
    name: 'tenant_router_errors_total',
    help: 'Requests refused or failed, by error code',
    labelNames: ['code'],
  })
  const byCode = new Map(errorCodes.map((code) => [code, errors.series({ code })]))
  const named = new FastCounter(registry, {
    name: 'tenant_router_spoof_attempts_total',
    help: 'Fields, parameters and headers by which a tenant token tried to name a tenant or place; all were dropped',
  }).series()
  const tenants = new BusiestTenants(
    new FastCounter(registry, {
      name: 'tenant_router_tenant_requests_total',
      help: 'Requests of the busiest tenants; all the rest are `other`',
      labelNames: ['tenant', 'outcome'],
    }),
  )
  return {
    route(method, path) {
      const durations = latency.series({ method, route: path })
      const byStatus = new Map<number, CounterSeries>()
      return {
        done(status, ms, tenantId) {
          let series = byStatus.get(status)
          if (series === undefined) {
            series = requests.series({ method, route: path, status: String(status) })
            byStatus.set(status, series)
          }
          series.inc()
          durations.observe(ms)
          steps.total.observe(ms)
          if (tenantId !== undefined) tenants.count(tenantId, status >= 400)
        },
      }
    },
    error: (code) => byCode.get(code)?.inc(),
    auth: (ms) => steps.auth.observe(ms),
    placesNamed: (times) => named.inc(times),
  }
}
