import type { RetrievalKeyParts } from '../../src/cache/tenant-scoped-key.ts'
import type { TenantRoute } from '../../src/placement/phase.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { testVectors } from '../support/test-vectors.ts'

export interface RouteChange {
  readonly generation?: number
  readonly epoch?: number
  readonly tier?: TenantRoute['tier']
  readonly model?: string
}

export function routeOf(id: string, change: RouteChange = {}): TenantRoute {
  const { generation = 1, epoch = 1, tier = 'standard', model = 'm' } = change
  const tenantId = parseTenantId(id)
  return {
    tenantId,
    tier,
    status: 'active',
    routing: {
      phase: 'steady',
      epoch,
      active: {
        placeId: generation,
        tenantId,
        project: 'default',
        indexName: 'i',
        indexHost: 'h',
        kind: 'pool',
        vectors: { ...testVectors, model },
        namespace: `tenant_${id}_g${generation}`,
        generation,
      },
    },
  }
}

export function retrievalParts(id: string, change: Partial<RetrievalKeyParts> = {}): RetrievalKeyParts {
  return {
    route: routeOf(id),
    groups: [],
    ask: { query: 'q' },
    filter: undefined,
    options: { topK: 5 },
    ...change,
  }
}
