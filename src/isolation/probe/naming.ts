import type { Canary } from './canary.ts'
import type { Ask } from './probed-route.ts'

/** A tenant and its place, by the names that a caller could give. */
export interface Named {
  readonly tenantId: string
  readonly index: string
  readonly namespace: string
}

export function namedOf({ placement }: Pick<Canary, 'placement'>): Named {
  const { tenantId, indexName: index, namespace } = placement
  return { tenantId, index, namespace }
}

/** The same request, naming another tenant or its place in each part that a request has. */
export function naming(ask: Ask, { tenantId, index, namespace }: Named): readonly Ask[] {
  const { showsOwn: _showsOwn, ...plain } = ask
  const named = { ...plain, namesOther: true } as const
  const body = typeof ask.body === 'object' && ask.body !== null ? ask.body : undefined
  return [
    { ...named, query: { ...ask.query, tenant_id: tenantId, index } },
    { ...named, query: { ...ask.query, namespace } },
    { ...named, headers: { ...ask.headers, 'x-tenant-id': tenantId, 'x-namespace': namespace } },
    ...(body === undefined ? [] : [{ ...named, body: { ...body, tenantId, namespace } }]),
  ]
}
