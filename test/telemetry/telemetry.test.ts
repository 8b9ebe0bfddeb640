import { describe, expect, it } from 'vitest'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { createTelemetry } from '../../src/telemetry/telemetry.ts'
import { parseExposition, type Sample } from './exposition.ts'

type Telemetry = ReturnType<typeof createTelemetry>

async function samplesOf(telemetry: Telemetry, name: string): Promise<readonly Sample[]> {
  const families = parseExposition(await telemetry.metrics())
  return families.get(name)?.samples ?? []
}

const valueAt = (samples: readonly Sample[], labels: Record<string, string>) =>
  samples.find((sample) => Object.entries(labels).every(([name, value]) => sample.labels[name] === value))?.value

describe('the metrics page', () => {
  it('is sound Prometheus text, with everything counted at once', async () => {
    const telemetry = createTelemetry()
    const meter = telemetry.http.route('POST', '/retrieve')
    for (const ms of [0.05, 3, 3, 40, 20_000]) meter.done(200, ms, parseTenantId('acme'))
    telemetry.http.error('store_busy')
    telemetry.http.placesNamed(2)
    telemetry.http.auth(0.02)
    telemetry.store.call('query', 200, 12)
    telemetry.store.call('query', 0, 5000)
    telemetry.tokenCache.hit()
    telemetry.caches.lookup('retrieval', false)
    telemetry.writesHeld.inc()
    telemetry.read({
      indexFill: async () => [
        { project: 'default', index: 'tenant-router-pool-1', kind: 'pool', namespaces: 4, limit: 100 },
      ],
      movesByState: async () => ({ queued: 1, copying: 2 }),
      lostDocuments: async () => 3,
    })
    const families = parseExposition(await telemetry.metrics())
    const ours = [...families.keys()].filter((name) => name.startsWith('tenant_router_'))
    expect(ours.sort()).toEqual([
      'tenant_router_adopted_places_suspect',
      'tenant_router_build_info',
      'tenant_router_cache_total',
      'tenant_router_circuit_open',
      'tenant_router_crm_events_total',
      'tenant_router_documents_lost',
      'tenant_router_errors_total',
      'tenant_router_http_request_duration_seconds',
      'tenant_router_http_requests_total',
      'tenant_router_index_namespace_limit',
      'tenant_router_index_namespaces',
      'tenant_router_isolation_findings',
      'tenant_router_isolation_last_run_timestamp_seconds',
      'tenant_router_isolation_proven_timestamp_seconds',
      'tenant_router_mover_deaths_total',
      'tenant_router_mover_up',
      'tenant_router_moves',
      'tenant_router_moves_waiting',
      'tenant_router_notifications_deaf',
      'tenant_router_reconcile_findings',
      'tenant_router_reconcile_last_timestamp_seconds',
      'tenant_router_requests_shed_total',
      'tenant_router_sessions_behind',
      'tenant_router_sessions_live',
      'tenant_router_spoof_attempts_total',
      'tenant_router_step_duration_seconds',
      'tenant_router_store_call_duration_seconds',
      'tenant_router_store_calls_total',
      'tenant_router_tenant_requests_total',
      'tenant_router_tenants',
      'tenant_router_token_cache_total',
      'tenant_router_upload_attempt_seconds',
      'tenant_router_upload_attempts_total',
      'tenant_router_upload_bytes',
      'tenant_router_upload_oldest_timestamp_seconds',
      'tenant_router_uploads',
      'tenant_router_write_doubt_seconds',
      'tenant_router_writes_held_total',
    ])
    expect(families.has('process_cpu_seconds_total')).toBe(true)
  })

  it('has cumulative buckets in seconds', async () => {
    const telemetry = createTelemetry({ processMetrics: false })
    const meter = telemetry.http.route('POST', '/retrieve')
    for (const ms of [0.05, 0.1, 3, 40, 20_000]) meter.done(200, ms, undefined)
    const samples = await samplesOf(telemetry, 'tenant_router_http_request_duration_seconds')
    const bucket = (le: string) => valueAt(samples, { le, route: '/retrieve' })
    expect([bucket('0.0001'), bucket('0.0025'), bucket('0.005'), bucket('0.05'), bucket('10'), bucket('+Inf')]).toEqual(
      [2, 2, 3, 4, 4, 5],
    )
    expect(samples.find(({ name }) => name.endsWith('_count'))?.value).toBe(5)
    expect(samples.find(({ name }) => name.endsWith('_sum'))?.value).toBeCloseTo(20.04315)
  })

  it('counts errors by code, and shows every code from the start', async () => {
    const telemetry = createTelemetry({ processMetrics: false })
    telemetry.http.error('writes_held')
    telemetry.http.error('writes_held')
    const samples = await samplesOf(telemetry, 'tenant_router_errors_total')
    expect(valueAt(samples, { code: 'writes_held' })).toBe(2)
    expect(valueAt(samples, { code: 'internal' })).toBe(0)
  })

  it('counts store calls by operation and status, bounded however many names there are', async () => {
    const telemetry = createTelemetry({ processMetrics: false })
    for (let i = 0; i < 200; i++) telemetry.store.call(`made-up-${i}`, 200, 1)
    telemetry.store.call('made-up-1', 429, 1)
    const samples = await samplesOf(telemetry, 'tenant_router_store_calls_total')
    expect(valueAt(samples, { operation: 'made-up-1', status: '429' })).toBe(1)
    expect(valueAt(samples, { operation: 'other', status: '200' })).toBe(150)
    expect(new Set(samples.map(({ labels }) => labels.operation)).size).toBe(51)
  })

  it('reads what the registry knows at each scrape, and leaves that out while it is unavailable', async () => {
    const telemetry = createTelemetry({ processMetrics: false })
    let namespaces = 3
    let away = false
    telemetry.read({
      async indexFill() {
        if (away) throw new Error('Postgres is away')
        return [{ project: 'default', index: 'pool-1', kind: 'pool', namespaces: namespaces++, limit: 10 }]
      },
      movesByState: async () => ({ copying: 1 }),
    })
    const used = async () => (await samplesOf(telemetry, 'tenant_router_index_namespaces')).map(({ value }) => value)
    expect(await used()).toEqual([3])
    expect(await used()).toEqual([4])
    expect(await samplesOf(telemetry, 'tenant_router_index_namespace_limit')).toMatchObject([
      { labels: { project: 'default', index: 'pool-1', kind: 'pool' }, value: 10 },
    ])
    away = true
    expect(await used()).toEqual([])
    expect(await samplesOf(telemetry, 'tenant_router_moves')).toMatchObject([
      { labels: { state: 'copying' }, value: 1 },
    ])
  })

  it('belongs to its process part alone: two do not share a registry', async () => {
    const one = createTelemetry({ processMetrics: false })
    const other = createTelemetry({ processMetrics: false })
    const { inc } = one.writesHeld
    inc()
    expect((await samplesOf(one, 'tenant_router_writes_held_total'))[0]?.value).toBe(1)
    expect((await samplesOf(other, 'tenant_router_writes_held_total'))[0]?.value).toBe(0)
  })
})
