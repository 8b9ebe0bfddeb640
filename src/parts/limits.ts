import type { TenantPrincipal } from '../auth/principal.ts'
import { type Clock, systemClock } from '../clock.ts'
import { startRounds } from '../concurrency/rounds.ts'
import type { Config } from '../config/config.ts'
import { connect, type Tx } from '../db/connect.ts'
import type { AdmittedRequest } from '../limits/admitted-request.ts'
import { insuredPermits } from '../limits/insured-permits.ts'
import { memoryPermits } from '../limits/memory-permits.ts'
import { meteredAnswerer } from '../limits/metered-answerer.ts'
import { meteredEmbedder } from '../limits/metered-embedder.ts'
import { postgresPermits } from '../limits/postgres-permits.ts'
import { TenantGate, type TenantGateOptions } from '../limits/tenant-gate.ts'
import type { Answerer, TenantAnswerer } from '../models/answerer.ts'
import type { Embedder, TenantEmbedder } from '../models/embedder.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { forgetOldKeys } from '../registry/idempotency/idempotency-keys.ts'
import { forgetOldPermits } from '../registry/permits/take-permits.ts'
import type { TenantRoutes } from '../routing/lease/tenant-routes.ts'
import type { Tracer } from '../tracing/tracer.ts'

export interface LimitParts {
  /** The pool for calls that may be slow. */
  readonly db: Tx
  readonly routes: Pick<TenantRoutes, 'find'>
  readonly onFault: (error: unknown) => void
  readonly clock?: Clock | undefined
  readonly tracer?: Tracer | undefined
  readonly onUsed?: TenantGateOptions['onUsed']
  /** Gets tokens that models wrote in answers; they are among those used. */
  readonly onWritten?: (tenantId: TenantId, tokens: number) => void
  readonly tidyEveryMs?: number
}

export interface OpenLimits extends AsyncDisposable {
  readonly admit: (caller: TenantPrincipal, writes: boolean) => AdmittedRequest | Promise<AdmittedRequest>
  /** Wraps the embedder: counts each tenant's tokens, and keeps a tenant from taking all of it. */
  metered(embedder: Embedder, provider: keyof typeof embedderShares): TenantEmbedder
  /** Wraps the answerer: counts tokens where it uses any. */
  meteredAnswers(answerer: Answerer): TenantAnswerer
}

/** The local encoder runs about eight texts together; calls to an endpoint mostly wait for the network. */
const embedderShares = {
  local: { calls: 16, callsOfTenant: 8 },
  openai: { calls: 256, callsOfTenant: 64 },
} as const

/** Ten connections serve these; one tenant's cap leaves slots for others. */
const writeSlots = { slots: 32, ofTenant: 24 }

/** The limits of tenants on this replica. */
export function openLimits(
  { limits, databaseUrl, answer }: Config,
  { db, routes, onFault, clock, tracer, onUsed, onWritten, tidyEveryMs = 600_000 }: LimitParts,
): OpenLimits {
  const opening = new AsyncDisposableStack()
  const time = clock ?? systemClock
  // A connection of its own: permits must not queue behind the queries of whoever they are to hold back.
  const url = databaseUrl.reveal()
  const database = opening.use(connect({ url, max: 1, applicationName: 'tenant-router limits', tracer }))
  const { store, onError, byTier, slots } = limits
  const source =
    store === 'memory'
      ? memoryPermits()
      : insuredPermits(postgresPermits(database), { onError, clock: time, onFault, onHung: () => database.replace() })
  const gate = opening.use(
    new TenantGate({
      source,
      byTier,
      find: (tenantId) => routes.find(tenantId),
      slots,
      writes: writeSlots,
      clock: time,
      onError: onFault,
      ...(onUsed && { onUsed }),
    }),
  )
  const tidy = () => Promise.all([forgetOldPermits(db), forgetOldKeys(db)])
  opening.use(startRounds(tidy, { everyMs: tidyEveryMs, first: 'later', onFault }))
  return {
    admit: ({ tenantId }, writes) => gate.admit(tenantId, writes),
    meteredAnswers: (answerer) =>
      answer.provider === 'extractive' ? answerer : meteredAnswerer(answerer, gate, onWritten),
    metered: (embedder, provider) => meteredEmbedder(embedder, gate, embedderShares[provider]),
    [Symbol.asyncDispose]: () => opening.disposeAsync(),
  }
}
