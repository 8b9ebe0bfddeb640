import { eachLimited } from '../../concurrency/each-limited.ts'
import { persist } from '../../concurrency/retry.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { listDueRechecks, noteRecheck, type OffboardingRow } from '../../registry/offboardings/offboardings.ts'
import { countTenantData, eraseTenantData } from '../../registry/offboardings/tenant-data.ts'
import { listPlacesById } from '../../registry/places.ts'
import { lockTenantRow } from '../../registry/tenants.ts'
import { emptyPlace } from '../places/empty-place.ts'
import type { FinishDeps } from './finish-offboarding.ts'
import { proveDeletion } from './prove-deletion.ts'

const atOnce = 4
const atMost = 200

/**
 * Looks again at deletions a day later, and after a restore of the registry: what is found is deleted again, and looked
 * for another day later. Any number of replicas may do so at once. @returns as `eachLimited`; faults are logged.
 */
export async function recheckDeletions(deps: FinishDeps): Promise<{ readonly done: number; readonly failed: number }> {
  const due = await listDueRechecks(deps.db, atMost)
  return eachLimited(due, atOnce, (row) =>
    deps.offboarding.run(`recheck ${row.id}`, (signal) => recheck(deps, row, signal)),
  )
}

async function recheck(deps: FinishDeps, row: OffboardingRow, signal: AbortSignal): Promise<void> {
  const places = await listPlacesById(deps.db, Object.keys(row.places).map(Number))
  const toProve = places.flatMap((place) => {
    const counted = row.places[place.id]
    return counted === undefined ? [] : [{ ...place, ...counted }]
  })
  const { found: inStore } = await persist(() => proveDeletion(deps.stores, row.tenantId, toProve, signal), signal)
  // Names of places are never used twice, so what stands there now is a late write's or a restore's.
  if (inStore.length > 0) for (const place of places) await persist(() => emptyPlace(deps, place, signal), signal)
  await deps.db.transaction(async (tx) => {
    const tenant = await lockTenantRow(tx, row.tenantId)
    // The id may be another customer's by now.
    const isStillGone = tenant?.status === 'offboarded' && tenant.firstGeneration === row.life
    const counts = isStillGone ? await countTenantData(tx, row.tenantId) : {}
    const inRegistry = Object.entries(counts).flatMap(([store, n]) => (n === 0 ? [] : [`${n} ${store}`]))
    if (inRegistry.length > 0) await eraseTenantData(tx, row.tenantId)
    const found = [...inStore, ...inRegistry]
    await noteRecheck(tx, row.id, { at: new Date().toISOString(), found })
    const { tenantId } = row
    await appendAudit(tx, [{ actor: 'system', action: 'tenant.recheck', tenantId, detail: { found } }])
  })
}
