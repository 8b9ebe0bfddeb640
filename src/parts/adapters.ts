import type { KeyVerifier } from '../auth/key-verifier.ts'
import { createTokenVerifier, type TokenVerifier } from '../auth/token-verifier.ts'
import type { Config } from '../config/config.ts'
import type { Paces } from '../moves/pace/pace-stores.ts'
import type { RequestCounts } from '../registry/usage/request-counts.ts'
import { pineconeStore } from '../stores/pinecone.ts'
import type { VectorStore } from '../stores/store.ts'
import type { StoreCall, StoreGuards } from '../stores/store-calls.ts'
import type { HttpMeter } from '../telemetry/http-meter.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { Tracer } from '../tracing/tracer.ts'

/** The vector store over every configured project. */
export function openStores(
  { pinecone: { projects }, patience }: Pick<Config, 'pinecone' | 'patience'>,
  { onCall, guards, tracer }: StoreParts,
): VectorStore & AsyncDisposable {
  return pineconeStore({
    projects: projects.map(({ name, apiKey, controllerHost }) => ({ name, apiKey: apiKey.reveal(), controllerHost })),
    onCall,
    timeouts: { readMs: patience.storeReadMs, writeMs: patience.storeWriteMs },
    retry: { readDeadlineMs: 2 * patience.storeReadMs },
    guards,
    tracer,
  })
}

/** Counts the calls of the store; those of a mover's thread are no step of a request. */
export function countingCalls({ store, steps }: Telemetry, paces: Paces) {
  const ofMover = (call: StoreCall): void => {
    store.call(call.op, call.status, call.ms)
    paces.noteCall(call)
  }
  const ofServing = (call: StoreCall): void => {
    ofMover(call)
    if (call.op === 'query') steps.store.observe(call.ms)
  }
  return { ofMover, ofServing }
}

interface StoreParts {
  readonly onCall: (call: StoreCall) => void
  readonly guards: StoreGuards
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
