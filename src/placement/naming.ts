import { createHash } from 'node:crypto'
import type { Placement } from './placement.ts'
import { readTenantId, type TenantId } from './tenant-id.ts'

/**
 * Pinecone accepts index names of up to 45 lower-case letters, digits and hyphens, with a letter or digit at either
 * end.
 */
const indexNameMax = 45

/** `tenant_<id>_g<generation>`; built once, when a place is reserved, and read from the registry afterwards. */
export function namespaceName(tenantId: TenantId, generation: number): string {
  return `tenant_${tenantId}_g${generation}`
}

/** The kind of an index by a name of ours; undefined for another name. A silo's tenant is said by its namespace alone. */
export function readIndexName(
  prefix: string,
  name: string,
): { readonly kind: 'pool'; readonly ordinal: number } | { readonly kind: 'silo' } | undefined {
  if (name.startsWith(`${prefix}-silo-`)) return { kind: 'silo' }
  const [, digits] = name.startsWith(`${prefix}-pool-`) ? (/-pool-([1-9]\d{0,8})$/.exec(name) ?? []) : []
  return digits === undefined ? undefined : { kind: 'pool', ordinal: Number(digits) }
}

/** The tenant and the generation that a name of ours says; undefined for a name that others gave. */
export function readPlaceName(
  namespace: string,
): { readonly tenantId: TenantId; readonly generation: number } | undefined {
  const [, id = '', digits = ''] = /^tenant_(.+)_g([1-9]\d{0,8})$/.exec(namespace) ?? []
  const tenantId = readTenantId(id)
  return tenantId === undefined ? undefined : { tenantId, generation: Number(digits) }
}

/** Whether a place was made here, and not adopted with the name that others gave it. */
export function hasOwnName({ tenantId, generation, namespace }: Placement): boolean {
  return namespace === namespaceName(tenantId, generation)
}

/** `<prefix>-pool-<n>`, n from 1. */
export function poolIndexName(prefix: string, ordinal: number): string {
  return `${prefix}-pool-${ordinal}`
}

/**
 * `<prefix>-silo-<tenant slug + short hash>`. The hash includes the generation: a deleted silo and a later one of the
 * same tenant have different names, so a late clean-up can never delete the new one.
 */
export function siloIndexName(prefix: string, tenantId: TenantId, generation: number): string {
  const hash = createHash('sha256').update(`${tenantId}:${generation}`).digest('hex').slice(0, 8)
  const head = `${prefix}-silo-`
  const slug = tenantId
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, indexNameMax - head.length - hash.length - 1)
    .replaceAll(/-+$/g, '')
  return slug === '' ? `${head}${hash}` : `${head}${slug}-${hash}`
}
