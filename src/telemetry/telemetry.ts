import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { createCacheMeter } from './cache-meter.ts'
import { type CrmMeter, createCrmMeter } from './crm-meter.ts'
import { FastCounter } from './fast-counter.ts'
import { FastHistogram } from './fast-histogram.ts'
import { createHttpMeter, type HttpMeter, stepBoundsMs } from './http-meter.ts'
import { createIngestMeter, type IngestMeter, type UploadCount, uploadGauges } from './ingest-meter.ts'
import { type IsolationNumbers, isolationGauges } from './isolation-meter.ts'
import { createMoverMeter } from './mover-meter.ts'
import { type ReplicaNumbers, replicaGauges } from './replica-gauges.ts'
import { createResilienceMeter, type OpenCircuit } from './resilience-meter.ts'
import { createStoreMeter, type StoreMeter } from './store-meter.ts'

export interface IndexFill {
  readonly project: string
  readonly index: string
  readonly kind: string
  readonly namespaces: number
  readonly limit: number
}

export interface Reconciled {
  readonly finishedAtMs: number
  readonly findings: Readonly<Record<string, number>>
}

/** Readers of the registry's numbers, called on each scrape. A failing reader leaves its gauge out. */
export interface MetricReaders {
  readonly indexFill?: () => Promise<readonly IndexFill[]>
  /** Every state, including those with none. */
  readonly movesByState?: () => Promise<Readonly<Record<string, number>>>
  readonly movesByGate?: () => Promise<Readonly<Record<string, number>>>
  readonly uploads?: () => Promise<readonly UploadCount[]>
  /** Documents of all tenants with chunks missing in the store. */
  readonly lostDocuments?: () => Promise<number>
  readonly suspectPlaces?: () => Promise<number>
  /** The last complete comparison with the store: findings by kind, every kind among them. */
  readonly reconciliation?: () => Promise<Reconciled | undefined>
  readonly isolation?: () => Promise<IsolationNumbers>
  readonly tenantsByStatus?: () => Promise<NonNullable<ReplicaNumbers['tenants']>>
  readonly sessions?: () => Promise<NonNullable<ReplicaNumbers['sessions']>>
  readonly oldestUploadS?: () => Promise<number | null>
  readonly openCircuits?: () => readonly OpenCircuit[]
  /** False while the thread of this replica's mover is dead. */
  readonly moverIsUp?: () => boolean
  /** Whether Postgres's notifications fail to arrive. */
  readonly isDeaf?: () => boolean
}

/** Steps of a request whose time is measured. */
export type MeasuredStep = 'auth' | 'route' | 'embed' | 'store' | 'rerank' | 'answer' | 'total'

/** Meters by part: each part gets its own and nothing else. */
export interface Telemetry {
  readonly http: HttpMeter
  readonly store: StoreMeter
  readonly steps: Readonly<Record<MeasuredStep, { observe(ms: number): void }>>
  readonly tokenCache: { hit(): void; miss(): void }
  /** Lookups in tenants' caches, by kind. */
  readonly caches: { lookup(kind: string, hit: boolean): void }
  readonly writesHeld: { inc(): void }
  readonly shed: () => void
  readonly moverDied: () => void
  readonly ingest: IngestMeter
  readonly crm: CrmMeter
  /** Sets the registry's readers, once there is a registry. */
  read(readers: MetricReaders): void
  /** The metrics in the Prometheus text format. */
  metrics(): Promise<string>
  readonly contentType: string
}

/**
 * prom-client's metrics of a process, without the sums that end in `_total` and are no counters, which promtool refuses;
 * the same by type stay.
 */
function collectProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry })
  for (const kind of ['handles', 'requests', 'resources']) registry.removeSingleMetric(`nodejs_active_${kind}_total`)
}

/** One process's metrics, in their own registry. */
export function createTelemetry(
  options: { readonly processMetrics?: boolean; readonly version?: string } = {},
): Telemetry {
  const registry = new Registry()
  if (options.processMetrics !== false) collectProcessMetrics(registry)
  const latency = new FastHistogram(registry, {
    name: 'tenant_router_step_duration_seconds',
    help: 'Time by step of a request',
    boundsMs: stepBoundsMs,
  })
  const steps = {
    auth: latency.series({ step: 'auth' }),
    route: latency.series({ step: 'route' }),
    embed: latency.series({ step: 'embed' }),
    store: latency.series({ step: 'store' }),
    rerank: latency.series({ step: 'rerank' }),
    answer: latency.series({ step: 'answer' }),
    total: latency.series({ step: 'total' }),
  }
  const held = new FastCounter(registry, {
    name: 'tenant_router_writes_held_total',
    help: 'Writes refused because a move held them',
  }).series()
  const resilience = createResilienceMeter(registry)
  const mover = createMoverMeter(registry)
  const readGauges = registryGauges(registry, options.version)
  let readers: MetricReaders = {}
  return {
    http: createHttpMeter({ registry, steps }),
    store: createStoreMeter(registry),
    steps,
    tokenCache: cacheMeter(registry, 'token', 'Verified tokens'),
    caches: createCacheMeter(registry),
    writesHeld: { inc: () => held.inc() },
    shed: resilience.shed,
    moverDied: mover.died,
    ingest: createIngestMeter(registry),
    crm: createCrmMeter(registry),
    read(given) {
      readers = given
    },
    async metrics() {
      resilience.show(readers.openCircuits?.() ?? [])
      mover.show(readers.moverIsUp?.() ?? true)
      await readGauges(readers)
      return registry.metrics()
    },
    contentType: registry.contentType,
  }
}

function cacheMeter(registry: Registry, cache: string, what: string): { hit(): void; miss(): void } {
  const counter = new FastCounter(registry, {
    name: `tenant_router_${cache}_cache_total`,
    help: `${what}: found remembered (hit) or not (miss)`,
    labelNames: ['result'],
  })
  const hits = counter.series({ result: 'hit' })
  const misses = counter.series({ result: 'miss' })
  return { hit: () => hits.inc(), miss: () => misses.inc() }
}

/** @returns a function that reads the registry's numbers before each scrape. */
function registryGauges(registry: Registry, version: string | undefined): (readers: MetricReaders) => Promise<void> {
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name: `tenant_router_${name}`, help, labelNames, registers: [registry] })
  const used = gauge('index_namespaces', 'Namespaces in use, by index', ['project', 'index', 'kind'])
  const limit = gauge('index_namespace_limit', 'Namespaces an index takes', ['project', 'index', 'kind'])
  const moves = gauge('moves', 'Moves by state', ['state'])
  const waiting = gauge('moves_waiting', 'Moves that wait, by the kind of their gate', ['gate'])
  const showUploads = uploadGauges(registry)
  const lost = gauge('documents_lost', 'Documents of which the vector store was found to lack chunks', [])
  const suspect = gauge('adopted_places_suspect', 'Adopted places that somebody else seems to write to', [])
  const showIsolation = isolationGauges(registry)
  const showReplicas = replicaGauges(registry, version)
  const showReconciled = reconcileGauges(gauge)
  const deaf = gauge('notifications_deaf', 'Postgres answers and what it tells (NOTIFY) does not arrive', [])
  return async ({ isDeaf, ...readers }) => {
    deaf.set(isDeaf?.() ? 1 : 0)
    const { indexFill, movesByState, movesByGate, uploads, lostDocuments, suspectPlaces, reconciliation, isolation } =
      readers
    const [fill, states, gates, counts, lostCount, suspectCount, reconciled, isolated, ...replicas] = await Promise.all(
      [
        quietly(indexFill),
        quietly(movesByState),
        quietly(movesByGate),
        quietly(uploads),
        quietly(lostDocuments),
        quietly(suspectPlaces),
        quietly(reconciliation),
        quietly(isolation),
        quietly(readers.tenantsByStatus),
        quietly(readers.sessions),
        quietly(readers.oldestUploadS),
      ],
    )
    const [tenants, sessions, oldestUploadS] = replicas
    showReplicas({ tenants, sessions, oldestUploadS })
    showUploads(counts)
    showReconciled(reconciled)
    showIsolation(isolated)
    for (const each of [used, limit, moves, waiting]) each.reset()
    if (lostCount === undefined) lost.remove()
    else lost.set(lostCount)
    if (suspectCount === undefined) suspect.remove()
    else suspect.set(suspectCount)
    for (const { project, index, kind, namespaces, limit: most } of fill ?? []) {
      used.set({ project, index, kind }, namespaces)
      limit.set({ project, index, kind }, most)
    }
    for (const [state, count] of Object.entries(states ?? {})) moves.set({ state }, count)
    for (const [kind, count] of Object.entries(gates ?? {})) waiting.set({ gate: kind }, count)
  }
}

/** @returns a function that shows the last comparison of the registry with the store; before the first, nothing. */
function reconcileGauges(
  gauge: (name: string, help: string, labelNames: string[]) => Gauge,
): (reconciled: Reconciled | undefined) => void {
  const found = gauge('reconcile_findings', 'Differences of the registry and the store, at the last look', ['kind'])
  const finished = gauge('reconcile_last_timestamp_seconds', 'When the last comparison with the store ended', [])
  return (reconciled) => {
    found.reset()
    if (reconciled === undefined) return finished.remove()
    for (const [kind, count] of Object.entries(reconciled.findings)) found.set({ kind }, count)
    finished.set(reconciled.finishedAtMs / 1000)
  }
}

/** Reads without failing: a scrape shows everything else while Postgres is unavailable. */
async function quietly<T>(read: (() => Promise<T>) | undefined): Promise<T | undefined> {
  try {
    return await read?.()
  } catch {
    return undefined
  }
}
