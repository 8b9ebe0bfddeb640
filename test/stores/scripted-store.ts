import type { Placement } from '../../src/placement/placement.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { type PineconeStoreOptions, pineconeStore } from '../../src/stores/pinecone.ts'
import type { TenantStore, VectorStore } from '../../src/stores/store.ts'
import type { StoreCall } from '../../src/stores/store-calls.ts'
import { testVectors } from '../support/test-vectors.ts'

export const apiKey = 'pcsk_very_secret'

export interface ScriptedStore {
  readonly store: VectorStore & AsyncDisposable
  readonly tenant: TenantStore
  readonly calls: readonly StoreCall[]
}

/**
 * The real adapter against a scripted server. It waits long, since a busy machine answers late; a test in which the
 * server hangs sets a shorter time.
 */
export function scriptedStore(url: string, options: Partial<PineconeStoreOptions> = {}): ScriptedStore {
  const calls: StoreCall[] = []
  const store = pineconeStore({
    projects: [{ name: 'default', apiKey, controllerHost: url }],
    timeouts: { readMs: 20_000, writeMs: 20_000, ...options.timeouts },
    retry: { attempts: 3, baseMs: 1, maxMs: 2, ...options.retry },
    onCall: (call) => calls.push(call),
  })
  return { store, calls, tenant: store.open(placeAt(url)) }
}

export function placeAt(host: string): Placement {
  return {
    placeId: 1,
    tenantId: parseTenantId('acme'),
    project: 'default',
    indexName: 'tr-pool-1',
    indexHost: host,
    namespace: 'tenant_acme_g1',
    generation: 1,
    kind: 'pool',
    vectors: testVectors,
  }
}
