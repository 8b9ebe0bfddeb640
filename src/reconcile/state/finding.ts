/**
 * Disagreements of the registry and the store, and what else the store has in our projects. A row of the runbook
 * explains each.
 */
export const findingKinds = [
  'index_missing', // the registry has it, the store does not
  'index_replaced', // an index of that name, and not the one that the registry knows
  'index_orphan', // this registry asked for it, and nothing needs it
  'index_unproven', // it looks like ours, and nothing proves it
  'index_foreign', // none of ours
  'namespace_missing', // a tenant's place, and the store has no such namespace
  'namespace_returned', // a place that was purged
  'namespace_unknown', // named as ours, and the registry has no such place
  'namespace_foreign', // in an index of ours, and named by others
  'documents_without_vectors', // the store has fewer chunks than the tenant's documents
  'vectors_without_documents', // the store has more chunks than the tenant's documents
  'capacity_differs', // an index's counter of namespaces, and its places
  'tenant_moved', // held after a restore, and so are the next three: only a newer place is in the store
  'tenant_new', // the restored registry did not know it
  'tenant_erased', // the store has nothing of it
  'tenant_unclear', // the store does not say which place it is
] as const

export type FindingKind = (typeof findingKinds)[number]

/** The things that a finding is about; names that do not apply are absent. */
export interface Subject {
  readonly project: string
  readonly index: string
  readonly namespace?: string
  readonly tenantId?: string
}

export interface StoreFinding extends Subject {
  readonly kind: FindingKind
  readonly detail: Readonly<Record<string, string | number | boolean | null | readonly string[]>>
  /** Why `--fix` must not touch it, although its kind can be fixed. */
  readonly refused?: string
}

/**
 * The part of a fix in a finding. `none`: nothing is provably safe, a person decides. `waiting`: it was not seen long
 * and often enough. `due`: the next run with a fix does it. `done`, `refused`: a run with a fix did, or did not.
 */
export const fixStates = ['none', 'waiting', 'due', 'done', 'refused'] as const
export type FixState = (typeof fixStates)[number]

/**
 * Kinds that a fix may settle without losing anything: what is deleted is proven to be this registry's own and given
 * up, and a counter is counted.
 */
const fixable: ReadonlySet<FindingKind> = new Set(['index_orphan', 'namespace_returned', 'capacity_differs'])

/** Kinds that are only listed: others' things, which are nobody's fault. */
const informative: ReadonlySet<FindingKind> = new Set(['index_foreign', 'namespace_foreign'])

export function isProblem(kind: FindingKind): boolean {
  return !informative.has(kind)
}

/**
 * Judges whether a fix may act now.
 *
 * @param seen since when, and by how many runs one after the other, the finding was seen.
 */
export function fixStateOf(
  { kind, refused }: Pick<StoreFinding, 'kind' | 'refused'>,
  seen: { readonly sinceMs: number; readonly looks: number },
  { nowMs, graceMs }: { readonly nowMs: number; readonly graceMs: number },
): Extract<FixState, 'none' | 'waiting' | 'due' | 'refused'> {
  if (!fixable.has(kind)) return 'none'
  if (refused !== undefined) return 'refused'
  return seen.looks >= 2 && nowMs - seen.sinceMs >= graceMs ? 'due' : 'waiting'
}

/** Advice for a person, a sentence or two for each kind. */
export const adviceOf: Readonly<Record<FindingKind, string>> = {
  index_missing: 'Its tenants get store_inconsistent. Find out who deleted it; nothing brings it back but a backup.',
  index_replaced: 'Somebody deleted the index and made another one of its name. Find out who; its tenants see nothing.',
  index_orphan: 'It is deleted by the sweep, or by reconcile --fix.',
  index_unproven: 'Another installation made it, or it is newer than a restored registry. Check it by hand.',
  index_foreign: 'None of ours; it takes one of the project’s few indexes.',
  namespace_missing:
    'The tenant’s records are gone. Don’t make the namespace by hand; have the app put its data again.',
  namespace_returned: 'It is deleted by the sweep, or by reconcile --fix.',
  namespace_unknown: 'It may hold a tenant’s data from after a restored backup: tenant-router reconcile --from-store.',
  namespace_foreign: 'Others made them. They are left alone.',
  documents_without_vectors: 'GET /documents shows which ones are lost; the app puts them again.',
  vectors_without_documents: 'Documents that the registry does not list. Have the app put or delete them again.',
  capacity_differs: 'reconcile --fix counts it anew.',
  tenant_moved: 'It is where the store says: tenant-router reconcile accept ID.',
  tenant_new: 'It was onboarded after the backup: tenant-router reconcile accept ID, then name and tag it.',
  tenant_erased: 'Delete it again: tenant-router reconcile accept ID --offboard. Else its records are lost.',
  tenant_unclear: 'Compare the places, and say which it is: tenant-router reconcile accept ID --generation N.',
}
