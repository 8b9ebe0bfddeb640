import type { StaffPrincipal } from '../../auth/principal.ts'
import type { Tx } from '../../db/connect.ts'
import { AppError, isAppError } from '../../errors.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { lockAdopted } from '../../registry/adopted-indexes.ts'
import { adoptPlaces, listPlacesIn, listTakenIds } from '../../registry/adopted-places.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { findIndexByName, type IndexRow } from '../../registry/indexes.ts'
import { pagesOf } from '../../stores/pages.ts'
import type { NamespaceInfo, VectorStore } from '../../stores/store.ts'
import type { TenantWork } from '../onboard/tenant-work.ts'
import { type AdoptionRow, type AdoptionVerdict, planAdoption, type Scheme, wantedIds } from './adoption-plan.ts'
import { knownProject } from './known-project.ts'

export interface AdoptTenantsInput {
  readonly index: string
  readonly project?: string | undefined
  readonly scheme: Scheme
  /** Shows the plan and writes nothing. */
  readonly dryRun: boolean
}

export interface Adoption {
  readonly index: string
  readonly dryRun: boolean
  /** Tenants that were written. */
  readonly adopted: number
  readonly counts: Readonly<Record<AdoptionVerdict, number>>
  /** Records of the namespaces that become tenants, as the store counts them. */
  readonly records: number
  /** Conflicts first, then what becomes a tenant, what is skipped and what is ours already. */
  readonly rows: readonly AdoptionRow[]
  /** Rows that an answer of this size has no room for. */
  readonly leftOff: number
}

/** Bytes of the rows of an answer, below the limit of all answers. */
const rowBytesMax = 6 * 1024 * 1024
const order: readonly AdoptionVerdict[] = ['conflict', 'new', 'skipped', 'ours']

/**
 * Makes the namespaces of an adopted index tenants, each with its namespace as its first place: no record is copied.
 * All of them are written, or none. A repeat finds the earlier ones as `ours`.
 *
 * @throws AppError `not_found` for an index that was not adopted; `conflict`, with the first ten, when any row of the
 *   plan is in conflict or the index has no capacity; `invalid_request` for a pattern without `{id}`.
 */
export async function adoptTenants(
  deps: Pick<TenantWork, 'db' | 'stores' | 'settings'>,
  actor: StaffPrincipal,
  { index: name, scheme, dryRun, ...input }: AdoptTenantsInput,
): Promise<Adoption> {
  if ('pattern' in scheme) checkPattern(scheme.pattern)
  const project = knownProject(deps.settings, input.project)
  const index = await findIndexByName(deps.db, project, name)
  if (index === undefined || index.adoptedAt === null) throw notAdopted(name)
  const namespaces = await listAll(deps.stores, index)
  if (dryRun) {
    const rows = await plan(deps.db, index, scheme, namespaces)
    return adoptionOf(index, rows, { dryRun, adopted: 0 })
  }
  return deps.db.transaction(async (tx) => {
    const locked = await lockAdopted(tx, project, name)
    if (locked === undefined) throw notAdopted(name)
    const rows = await plan(tx, locked, scheme, namespaces)
    refuseConflicts(locked, rows)
    const fresh = rows.flatMap(({ verdict, namespace, tenantId }) =>
      verdict === 'new' ? [{ namespace, tenantId: tenantId as TenantId }] : [],
    )
    const adopted = await adoptPlaces(tx, locked, fresh, actor)
    if (adopted < fresh.length)
      throw new AppError('conflict', 'A tenant was made meanwhile. Nothing was written: repeat.')
    const detail = { index: name, project, tenants: adopted }
    if (adopted > 0) await appendAudit(tx, [{ actor, action: 'tenants.adopt', detail }])
    return adoptionOf(locked, rows, { dryRun, adopted })
  })
}

async function plan(
  tx: Tx,
  index: IndexRow,
  scheme: Scheme,
  namespaces: readonly NamespaceInfo[],
): Promise<readonly AdoptionRow[]> {
  const known = await listPlacesIn(tx, index.id)
  const gone = (state: string) => state === 'purged' || state === 'retiring'
  const places = new Map(known.map((one) => [one.namespace, { tenantId: one.tenantId, gone: gone(one.state) }]))
  const taken = new Set((await listTakenIds(tx, wantedIds(scheme, namespaces))).keys())
  return planAdoption(scheme, namespaces, { places, taken })
}

async function listAll(
  stores: Pick<VectorStore, 'listNamespaces'>,
  { project, name, host }: IndexRow,
): Promise<readonly NamespaceInfo[]> {
  const all: NamespaceInfo[] = []
  const address = { project, name, host: host ?? '' }
  try {
    for await (const { namespaces } of pagesOf((from) => stores.listNamespaces(address, from))) all.push(...namespaces)
  } catch (fault) {
    if (!isAppError(fault, 'not_found')) throw fault
    const words = `The vector store no longer has the index ${name}. Nothing was written.`
    throw new AppError('conflict', words, { cause: fault })
  }
  return all
}

function refuseConflicts(index: IndexRow, rows: readonly AdoptionRow[]): void {
  const conflicts = rows.filter(({ verdict }) => verdict === 'conflict')
  if (conflicts.length > 0) {
    const some = conflicts.slice(0, 10)
    const faults = some.map(({ namespace, reason, path }) => ({
      path: path ?? namespace,
      message: `${path === undefined ? '' : `${namespace}: `}${reason ?? 'is in conflict'}`,
    }))
    const words = `${conflicts.length} of the namespaces can't be adopted, so nothing was written. A dry run lists them all.`
    throw new AppError('conflict', words, { faults })
  }
  const fresh = rows.filter(({ verdict }) => verdict === 'new').length
  const room = index.namespaceLimit - index.namespacesUsed
  if (fresh > room) {
    const words = `Index ${index.name} has room for ${room} more tenants, and these are ${fresh}. Nothing was written. Adopt the index again with a larger namespace limit.`
    throw new AppError('conflict', words)
  }
}

function adoptionOf(
  { name }: IndexRow,
  rows: readonly AdoptionRow[],
  { dryRun, adopted }: Pick<Adoption, 'dryRun' | 'adopted'>,
): Adoption {
  const sorted = rows.toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))
  const counts = { new: 0, ours: 0, conflict: 0, skipped: 0 }
  const shown: AdoptionRow[] = []
  let [records, bytes] = [0, 0]
  for (const row of sorted) {
    counts[row.verdict] += 1
    if (row.verdict === 'new') records += row.records ?? 0
    bytes += Buffer.byteLength(JSON.stringify(row)) + 1
    if (bytes <= rowBytesMax) shown.push(row)
  }
  return { index: name, dryRun, adopted, counts, records, rows: shown, leftOff: sorted.length - shown.length }
}

function checkPattern(pattern: string): void {
  if (pattern.split('{id}').length === 2) return
  const message = 'must have {id} in it once, as in tenant_{id}'
  throw new AppError('invalid_request', `pattern: ${message}`, { faults: [{ path: 'pattern', message }] })
}

export function notAdopted(name: string): AppError {
  const words = `No index ${name} was adopted. Adopt it first: tenant-router indexes adopt ${name}`
  return new AppError('not_found', words, { shown: true })
}
