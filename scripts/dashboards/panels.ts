/** A panel of a dashboard: queries with their legends. */
export interface Panel {
  readonly title: string
  readonly unit: 'short' | 'reqps' | 's' | 'percentunit' | 'bytes'
  /** PromQL by legend, in Grafana's notation. */
  readonly queries: Readonly<Record<string, string>>
  readonly about?: string
}

export interface Board {
  readonly uid: string
  readonly title: string
  readonly panels: readonly Panel[]
}

const quantile = (q: number, by = '') =>
  `histogram_quantile(${q}, sum by (le${by}) (rate(tenant_router_http_request_duration_seconds_bucket[5m])))`
const step = (q: number) =>
  `histogram_quantile(${q}, sum by (le, step) (rate(tenant_router_step_duration_seconds_bucket[5m])))`
const store = (q: number) =>
  `histogram_quantile(${q}, sum by (le, operation) (rate(tenant_router_store_call_duration_seconds_bucket[5m])))`

export const boards: readonly Board[] = [
  {
    uid: 'tenant-router-service',
    title: 'tenant-router: service',
    panels: [
      {
        title: 'Requests by route',
        unit: 'reqps',
        queries: { '{{method}} {{route}}': 'sum by (method, route) (rate(tenant_router_http_requests_total[5m]))' },
      },
      {
        title: 'Share of requests that fail (5xx)',
        unit: 'percentunit',
        queries: {
          failed:
            '(sum(rate(tenant_router_http_requests_total{status=~"5.."}[5m])) or vector(0)) / sum(rate(tenant_router_http_requests_total[5m]))',
        },
      },
      {
        title: 'Time of requests',
        unit: 's',
        queries: { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) },
      },
      { title: 'p99 by route', unit: 's', queries: { '{{route}}': quantile(0.99, ', route') } },
      { title: 'p99 of the steps of a search', unit: 's', queries: { '{{step}}': step(0.99) } },
      {
        title: 'Refused or failed, by code',
        unit: 'reqps',
        queries: { '{{code}}': 'sum by (code) (rate(tenant_router_errors_total[5m]))' },
      },
      {
        title: 'Calls to the store',
        unit: 'reqps',
        queries: {
          '{{operation}} {{status}}': 'sum by (operation, status) (rate(tenant_router_store_calls_total[5m]))',
        },
      },
      { title: 'p99 of calls to the store', unit: 's', queries: { '{{operation}}': store(0.99) } },
      {
        title: 'Parts that are not asked, and requests that were shed',
        unit: 'short',
        queries: {
          '{{dependency}} {{target}}': 'max by (dependency, target) (tenant_router_circuit_open)',
          shed: 'sum(increase(tenant_router_requests_shed_total[5m]))',
        },
        about: 'docs/resilience.md says what callers see meanwhile.',
      },
      {
        title: 'Hits of the caches',
        unit: 'percentunit',
        queries: {
          '{{kind}}':
            'sum by (kind) (rate(tenant_router_cache_total{result="hit"}[5m])) / sum by (kind) (rate(tenant_router_cache_total[5m]))',
        },
      },
      {
        title: 'Uploads that are not done',
        unit: 'short',
        queries: { '{{status}}': 'max by (status) (tenant_router_uploads)' },
      },
      {
        title: 'Proofs of isolation: time since one passed, and since the last run',
        unit: 's',
        queries: {
          'since one passed': 'time() - max(tenant_router_isolation_proven_timestamp_seconds)',
          'since the last run, {{outcome}}':
            'time() - max by (outcome) (tenant_router_isolation_last_run_timestamp_seconds)',
        },
      },
      {
        title: 'Runs in which a tenant reached another, not thawed',
        unit: 'short',
        queries: { findings: 'max(tenant_router_isolation_findings)' },
        about: 'docs/prove-isolation.md says what to do.',
      },
      {
        title: 'Event loop, p99 delay',
        unit: 's',
        queries: { '{{instance}}': 'max by (instance) (nodejs_eventloop_lag_p99_seconds)' },
      },
      {
        title: 'Resident memory',
        unit: 'bytes',
        queries: { '{{instance}}': 'max by (instance) (process_resident_memory_bytes)' },
      },
    ],
  },
  {
    uid: 'tenant-router-tenants',
    title: 'tenant-router: tenants',
    panels: [
      {
        title: 'Requests of the busiest tenants',
        unit: 'reqps',
        queries: { '{{tenant}}': 'sum by (tenant) (rate(tenant_router_tenant_requests_total[5m]))' },
        about: 'The 50 busiest by recent traffic; all others are `other`.',
      },
      {
        title: 'Requests of tenants by outcome',
        unit: 'reqps',
        queries: { '{{outcome}}': 'sum by (outcome) (rate(tenant_router_tenant_requests_total[5m]))' },
      },
      {
        title: 'Refused by limits',
        unit: 'reqps',
        queries: { quota_exceeded: 'sum(rate(tenant_router_errors_total{code="quota_exceeded"}[5m]))' },
      },
      {
        title: 'Tries to name a tenant or place',
        unit: 'short',
        queries: { tries: 'sum(increase(tenant_router_spoof_attempts_total[1h]))' },
      },
      {
        title: 'Events of CRMs, by outcome',
        unit: 'short',
        queries: {
          '{{source}} {{outcome}}': 'sum by (source, outcome) (increase(tenant_router_crm_events_total[1h]))',
        },
        about: 'docs/crm.md says what each outcome means.',
      },
      {
        title: 'Documents lost by the store',
        unit: 'short',
        queries: { documents: 'max(tenant_router_documents_lost)' },
      },
    ],
  },
  {
    uid: 'tenant-router-moves',
    title: 'tenant-router: moves',
    panels: [
      { title: 'Moves by state', unit: 'short', queries: { '{{state}}': 'max by (state) (tenant_router_moves)' } },
      {
        title: 'Moves that wait, by gate',
        unit: 'short',
        queries: { '{{gate}}': 'max by (gate) (tenant_router_moves_waiting) > 0' },
        about: 'docs/runbook.md has a row for each gate.',
      },
      {
        title: 'Writes refused because a move held them',
        unit: 'short',
        queries: { writes: 'sum(increase(tenant_router_writes_held_total[15m]))' },
      },
      { title: 'p99 of searches meanwhile', unit: 's', queries: { '{{route}}': quantile(0.99, ', route') } },
    ],
  },
  {
    uid: 'tenant-router-shards',
    title: 'tenant-router: shards',
    panels: [
      {
        title: 'Namespaces in shared indexes',
        unit: 'short',
        queries: { '{{project}}/{{index}}': 'max by (project, index) (tenant_router_index_namespaces{kind="pool"})' },
      },
      {
        title: 'How full shared indexes are',
        unit: 'percentunit',
        queries: {
          '{{project}}/{{index}}':
            'max by (project, index) (tenant_router_index_namespaces{kind="pool"} / tenant_router_index_namespace_limit{kind="pool"})',
        },
      },
      {
        title: 'Indexes',
        unit: 'short',
        queries: {
          '{{project}} {{kind}}':
            'count by (project, kind) (max by (project, index, kind) (tenant_router_index_namespaces))',
        },
      },
      {
        title: 'Nobody can be placed',
        unit: 'short',
        queries: {
          '{{code}}':
            'sum by (code) (increase(tenant_router_errors_total{code=~"index_limit_reached|namespace_limit_reached"}[1h]))',
        },
      },
    ],
  },
]
