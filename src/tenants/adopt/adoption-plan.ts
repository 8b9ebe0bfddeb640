import { canaryPrefix, isCanaryId, isTenantId, type TenantId } from '../../placement/tenant-id.ts'
import type { NamespaceInfo } from '../../stores/store.ts'

/** The vendor's name of the namespace that has none. */
const defaultNamespace = '__default__'

/** How namespaces give tenants: by a list, or by a pattern with `{id}` in it. */
export type Scheme =
  | { readonly map: readonly { readonly namespace: string; readonly tenantId: string }[] }
  | { readonly pattern: string }

/** Facts of the registry that decide what may be adopted. */
export interface AdoptionFacts {
  /** Tenants that have a place in the index, by its namespace; `gone`: the place was given up. */
  readonly places: ReadonlyMap<string, { readonly tenantId: TenantId; readonly gone: boolean }>
  /** Present and former tenants with one of the ids. */
  readonly taken: ReadonlySet<TenantId>
}

export type AdoptionVerdict = 'new' | 'ours' | 'conflict' | 'skipped'

/** The plan for one namespace. */
export interface AdoptionRow {
  readonly namespace: string
  readonly tenantId: string | null
  /** As the store lists it; null for a namespace that it lacks. */
  readonly records: number | null
  readonly verdict: AdoptionVerdict
  /** Why it is skipped or in conflict. */
  readonly reason: string | null
  /** The field of the map that is in conflict, as in `map[3].tenantId`. */
  readonly path?: string
}

/** The tenants that a scheme wants, for looking their ids up. Ids that no tenant may have are left out. */
export function wantedIds(scheme: Scheme, namespaces: readonly NamespaceInfo[]): readonly TenantId[] {
  const named = 'map' in scheme ? scheme.map : namespaces.map(({ name }) => ({ tenantId: idIn(scheme.pattern, name) }))
  return [...new Set(named.flatMap(({ tenantId }) => (isTenantId(tenantId) ? [tenantId] : [])))]
}

/** One row for each namespace of the index and of the map, in their order. */
export function planAdoption(
  scheme: Scheme,
  namespaces: readonly NamespaceInfo[],
  facts: AdoptionFacts,
): readonly AdoptionRow[] {
  if ('pattern' in scheme) {
    return namespaces.map((one) => {
      const id = idIn(scheme.pattern, one.name)
      if (one.name === defaultNamespace) {
        return row(one.name, null, one.recordCount, 'skipped', 'the default namespace gets its id by a map')
      }
      if (id === undefined) return row(one.name, null, one.recordCount, 'skipped', 'it does not match the pattern')
      return judged(one.name, id, one.recordCount, facts)
    })
  }
  const byName = new Map(namespaces.map((one) => [one.name, one]))
  const ids = counts(scheme.map.map(({ tenantId }) => tenantId))
  const names = counts(scheme.map.map(({ namespace }) => namespace))
  const mapped = scheme.map.map(({ namespace, tenantId }, at) => {
    const records = byName.get(namespace)?.recordCount
    const conflict = (column: 'namespace' | 'tenantId', why: string): AdoptionRow => ({
      ...row(namespace, tenantId, records ?? null, 'conflict', why),
      path: `map[${at}].${column}`,
    })
    if ((names.get(namespace) ?? 0) > 1) return conflict('namespace', 'the map has this namespace twice')
    if ((ids.get(tenantId) ?? 0) > 1) return conflict('tenantId', 'the map gives this id to several namespaces')
    if (namespace === '') return conflict('namespace', 'write the default namespace as __default__')
    if (records === undefined) return conflict('namespace', 'the index has no such namespace')
    const verdict = judged(namespace, tenantId, records, facts)
    if (verdict.verdict !== 'conflict') return verdict
    return conflict(
      facts.places.has(namespace) && isTenantId(tenantId) ? 'namespace' : 'tenantId',
      verdict.reason ?? '',
    )
  })
  const rest = namespaces.filter(({ name }) => !names.has(name))
  return [
    ...mapped,
    ...rest.map(({ name, recordCount }) => {
      const ours = facts.places.get(name)
      if (ours !== undefined && !ours.gone) return row(name, ours.tenantId, recordCount, 'ours', null)
      return row(name, null, recordCount, 'skipped', 'it is not in the map')
    }),
  ]
}

function judged(namespace: string, tenantId: string, records: number, facts: AdoptionFacts): AdoptionRow {
  const conflict = (why: string) => row(namespace, tenantId, records, 'conflict', why)
  if (!isTenantId(tenantId)) return conflict('the id must be 1 to 64 of the characters A–Z a–z 0–9 _ -')
  if (isCanaryId(tenantId))
    return conflict(`ids that begin with ${canaryPrefix} are those of the service’s own canaries`)
  const place = facts.places.get(namespace)
  if (place?.gone) return conflict('this namespace was given up by a tenant, and no place is used twice')
  if (place !== undefined && place.tenantId !== tenantId) return conflict(`it is the place of tenant ${place.tenantId}`)
  if (place !== undefined) return row(namespace, tenantId, records, 'ours', null)
  if (facts.taken.has(tenantId)) return conflict('a tenant has or had this id, with another place')
  return row(namespace, tenantId, records, 'new', null)
}

/** The part of a namespace's name that stands for `{id}`; undefined: the name does not match. */
function idIn(pattern: string, name: string): string | undefined {
  const [before = '', after = ''] = pattern.split('{id}')
  const fits = name.length > before.length + after.length && name.startsWith(before) && name.endsWith(after)
  return fits ? name.slice(before.length, name.length - after.length) : undefined
}

function counts(texts: readonly string[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const text of texts) found.set(text, (found.get(text) ?? 0) + 1)
  return found
}

function row(
  namespace: string,
  tenantId: string | null,
  records: number | null,
  verdict: AdoptionVerdict,
  reason: string | null,
): AdoptionRow {
  return { namespace, tenantId, records, verdict, reason }
}
