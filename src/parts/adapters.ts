import type { KeyVerifier } from '../auth/key-verifier.ts'
import { createTokenVerifier, type TokenVerifier } from '../auth/token-verifier.ts'
import type { Config } from '../config/config.ts'
import type { Paces } from '../moves/pace/pace-stores.ts'
import type { RequestCounts } from '../registry/usage/request-counts.ts'
import { pineconeStore } from '../stores/pinecone.ts'
import type { VectorStore } from '../stores/store.ts'
import type { HttpMeter } from '../telemetry/http-meter.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { Tracer } from '../tracing/tracer.ts'
import type { OpenGuards } from './guards.ts'

/** The vector store over every configured project; it counts calls and reports refusals to the movers. */
export function openStores(
  { pinecone: { projects }, patience }: Pick<Config, 'pinecone' | 'patience'>,
  { store, steps }: Telemetry,
  { paces, guards, tracer }: StoreParts,
): VectorStore & AsyncDisposable {
  return pineconeStore({
    projects: projects.map(({ name, apiKey, controllerHost }) => ({ name, apiKey: apiKey.reveal(), controllerHost })),
    onCall(call) {
      const { op, status, ms } = call
      store.call(op, status, ms)
      paces.noteCall(call)
      if (op === 'query') steps.store.observe(ms)
    },
    timeouts: { readMs: patience.storeReadMs, writeMs: patience.storeWriteMs },
    retry: { readDeadlineMs: 2 * patience.storeReadMs },
    guards: guards.store,
    tracer,
  })
}

interface StoreParts {
  readonly paces: Paces
  readonly guards: Pick<OpenGuards, 'store'>
  readonly tracer: Tracer | undefined
}

/**
 * Rejects when no project answers. One unavailable project must not take the other projects' tenants out of service.
 */
export async function anyProjectAnswers(
  stores: VectorStore,
  { projects }: Config['pinecone'],
  signal: AbortSignal,
): Promise<void> {
  await Promise.any(projects.map(({ name }) => stores.listIndexes(name, { signal })))
}

/** Verifies tokens and tenant keys, and counts cache hits of tokens. */
export function openVerifier(jwt: Config['jwt'], { tokenCache }: Telemetry, keys: KeyVerifier): TokenVerifier {
  const onRemembered = (found: boolean) => (found ? tokenCache.hit() : tokenCache.miss())
  return createTokenVerifier({ ...jwt, onRemembered, keys })
}

/** The same meter, which also counts served requests per tenant. */
export function countedByTenant(meter: HttpMeter, requests: Pick<RequestCounts, 'note'>): HttpMeter {
  return {
    ...meter,
    route(method, path) {
      const counted = meter.route(method, path)
      return {
        done(status, ms, tenantId, isCached = false) {
          counted.done(status, ms, tenantId)
          if (tenantId !== undefined) requests.note(tenantId, status, ms, isCached)
        },
      }
    },
  }
}
