import { pause, persist } from '../../concurrency/retry.ts'
import type { Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import {
  dropOffboarding,
  findOffboarding,
  insertOffboardings,
  keepCounts,
  type OffboardingRow,
  setReceipt,
} from '../../registry/offboardings/offboardings.ts'
import { countTenantData, eraseTenantData } from '../../registry/offboardings/tenant-data.ts'
import { listPlacesToPurge, type PlaceRow } from '../../registry/places.ts'
import { changeStatus, findTenant, lockTenantRow } from '../../registry/tenants.ts'
import { readBarrier } from '../../routing/barrier.ts'
import { tickRouting } from '../../routing/change-routing.ts'
import { readChangeNo } from '../../routing/read-change-no.ts'
import type { TenantWork } from '../onboard/tenant-work.ts'
import { countPlace, emptyPlace } from '../places/empty-place.ts'
import { freePlace } from '../places/free-place.ts'
import { makeReceipt } from './make-receipt.ts'
import { proveDeletion } from './prove-deletion.ts'

export type FinishDeps = Pick<TenantWork, 'db' | 'stores' | 'settings' | 'offboarding' | 'signingKey'>

/**
 * Deletes an offboarding tenant's data and writes a signed receipt. First every replica must have stopped writing for
 * it, with no write in doubt (a late one would recreate the namespace). Then all is counted, deleted, and looked for by
 * listing. Only then is the place's capacity released. A concurrent call joins; after a crash it runs again, with what
 * was counted first.
 */
export function finishOffboarding(deps: FinishDeps, tenantId: TenantId): Promise<unknown> {
  return deps.offboarding.run(`offboarding ${tenantId}`, async (signal) => {
    const tenant = await findTenant(deps.db, tenantId)
    if (tenant?.status !== 'offboarding') return
    const begun = await rowOf(deps, tenantId, tenant.firstGeneration)
    await untilNobodyWrites(deps, tenantId, signal)
    const places = await listPlacesToPurge(deps.db, tenantId)
    const row = await countOnce(deps, begun, places, signal)
    if (row.onlyIfUnused && isUsed(row)) return keep(deps, row)
    for (const place of places) await persist(() => emptyPlace(deps, place, signal), signal)
    const proof = await untilProven(deps, row, places, signal)
    await deps.db.transaction((tx) => close(tx, deps, { row, places, proof }))
  })
}

/** The row of this deletion; one that began without it gets it here. */
async function rowOf({ db }: FinishDeps, tenantId: TenantId, life: number): Promise<OffboardingRow> {
  const known = await findOffboarding(db, tenantId, life)
  if (known !== undefined && known.receipt === null) return known
  await insertOffboardings(db, [tenantId], known?.requestedBy ?? 'system', false)
  const made = await findOffboarding(db, tenantId, life)
  if (made === undefined) throw new Error(`The offboarding of ${tenantId} has no row.`)
  return made
}

async function untilNobodyWrites({ db, settings }: FinishDeps, tenantId: TenantId, signal: AbortSignal): Promise<void> {
  const barrier = { tenantId, tick: await readChangeNo(db, tenantId) }
  for (;;) {
    const { behind, doubtMs } = await readBarrier(db, barrier, settings.storeInDoubtMs)
    if (behind === 0 && doubtMs === 0) return
    await pause(Math.max(10, Math.min(doubtMs || Number.POSITIVE_INFINITY, settings.pollMs ?? 500)), signal)
  }
}

/** Counts everything before anything is deleted; a later try finds the first one's counts. */
async function countOnce(
  deps: FinishDeps,
  begun: OffboardingRow,
  places: readonly PlaceRow[],
  signal: AbortSignal,
): Promise<OffboardingRow> {
  if (begun.before !== null) return begun
  const counted: Record<string, OffboardingRow['places'][string]> = {}
  for (const place of places) counted[place.id] = await persist(() => countPlace(deps, place, signal), signal)
  const row = await keepCounts(deps.db, begun.id, await countTenantData(deps.db, begun.tenantId), counted)
  if (row === undefined) throw new Error(`The offboarding of ${begun.tenantId} has no row.`)
  return row
}

function isUsed({ before, places }: OffboardingRow): boolean {
  const rows = ['documents', 'documents of an adopted app', 'uploads in the queue'].map((store) => before?.[store] ?? 0)
  return [...rows, ...Object.values(places).map(({ records }) => records ?? 0)].some((count) => count > 0)
}

/** Calls the deletion of a tenant off that was to go only if unused: it is suspended, with all that it has. */
async function keep({ db }: FinishDeps, row: OffboardingRow): Promise<void> {
  const { id, tenantId } = row
  await db.transaction(async (tx) => {
    const tenant = await lockTenantRow(tx, tenantId)
    if (tenant?.status !== 'offboarding') return
    await changeStatus(tx, [tenantId], 'offboarding', 'suspended')
    await dropOffboarding(tx, id)
    const change = { before: { status: 'offboarding' }, after: { status: 'suspended' } }
    const detail = { why: 'It has content, and was to be offboarded only without.' }
    await appendAudit(tx, [{ actor: 'system', action: 'tenant.keep', tenantId, detail, ...change }])
    await tickRouting(tx, tenantId)
  })
}

/** Deletes again what a listing shows all the same: the store may show a deletion late. @returns the proof, in words. */
async function untilProven(
  deps: FinishDeps,
  row: OffboardingRow,
  places: readonly PlaceRow[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const toProve = places.map((place) => ({ ...place, ...kindOf(row, place) }))
  for (;;) {
    const look = () => proveDeletion(deps.stores, row.tenantId, toProve, signal)
    const { found, words } = await persist(look, signal)
    if (found.length === 0) return words
    await pause(deps.settings.pollMs ?? 500, signal)
    for (const place of places) await persist(() => emptyPlace(deps, place, signal), signal)
  }
}

function kindOf({ places }: OffboardingRow, place: PlaceRow) {
  const counted = places[place.id]
  return { kind: counted?.kind ?? ('pool' as const), isAdopted: counted?.isAdopted ?? false }
}

interface Deleted {
  readonly row: OffboardingRow
  readonly places: readonly PlaceRow[]
  readonly proof: readonly string[]
}

/** Ends the offboarding: the rest of the registry, the receipt and the new status in one transaction. */
async function close(tx: Tx, { signingKey }: FinishDeps, { row, places, proof }: Deleted): Promise<void> {
  const { tenantId } = row
  const now = await lockTenantRow(tx, tenantId)
  if (now?.status !== 'offboarding') return
  for (const place of places) await freePlace(tx, place)
  await eraseTenantData(tx, tenantId)
  const receipt = makeReceipt({ row, after: await countTenantData(tx, tenantId), proof }, signingKey)
  await setReceipt(tx, row.id, receipt)
  await changeStatus(tx, [tenantId], 'offboarding', 'offboarded')
  const { hash, keyId, receipt: detail } = receipt
  await appendAudit(tx, [
    { actor: 'system', action: 'tenant.offboarded', tenantId, detail: { ...detail, hash, keyId } },
  ])
  await tickRouting(tx, tenantId)
}
