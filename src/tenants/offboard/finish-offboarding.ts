import { pause, persist } from '../../concurrency/retry.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { dropInventory } from '../../registry/documents/drop-inventory.ts'
import { forgetTenantKeys } from '../../registry/idempotency/idempotency-keys.ts'
import { listPlacesToPurge } from '../../registry/places.ts'
import { changeStatus, findTenant, lockTenantRow } from '../../registry/tenants.ts'
import { readBarrier } from '../../routing/barrier.ts'
import { tickRouting } from '../../routing/change-routing.ts'
import { readChangeNo } from '../../routing/read-change-no.ts'
import type { TenantWork } from '../onboard/tenant-work.ts'
import type { DeletedPlace, DeletionReceipt } from '../places/deletion-receipt.ts'
import { emptyPlace } from '../places/empty-place.ts'
import { freePlace } from '../places/free-place.ts'

type Deps = Pick<TenantWork, 'db' | 'stores' | 'settings' | 'offboarding'>

/**
 * Deletes an offboarding tenant's data and writes a receipt. First every replica must have stopped writing for it, with
 * no write in doubt (a late one would recreate the namespace). Then the store must show that the data is gone. Only
 * then is the place's capacity released. A concurrent call joins; after a crash it runs again.
 */
export function finishOffboarding(deps: Deps, tenantId: TenantId): Promise<unknown> {
  return deps.offboarding.run(`offboarding ${tenantId}`, async (signal) => {
    const tenant = await findTenant(deps.db, tenantId)
    if (tenant?.status !== 'offboarding') return
    await untilNobodyWrites(deps, tenantId, signal)
    const places = await listPlacesToPurge(deps.db, tenantId)
    const deleted: DeletedPlace[] = []
    for (const place of places) deleted.push(await persist(() => emptyPlace(deps, place, signal), signal))
    await deps.db.transaction(async (tx) => {
      const now = await lockTenantRow(tx, tenantId)
      if (now?.status !== 'offboarding') return
      for (const place of places) await freePlace(tx, place)
      const documents = await dropInventory(tx, tenantId)
      await forgetTenantKeys(tx, tenantId)
      const receipt: DeletionReceipt = { deletedAt: new Date().toISOString(), places: deleted, documents }
      await changeStatus(tx, [tenantId], 'offboarding', 'offboarded')
      await appendAudit(tx, [{ actor: 'system', action: 'tenant.offboarded', tenantId, detail: { ...receipt } }])
      await tickRouting(tx, tenantId)
    })
  })
}

async function untilNobodyWrites({ db, settings }: Deps, tenantId: TenantId, signal: AbortSignal): Promise<void> {
  const barrier = { tenantId, tick: await readChangeNo(db, tenantId) }
  for (;;) {
    const { behind, doubtMs } = await readBarrier(db, barrier, settings.storeInDoubtMs)
    if (behind === 0 && doubtMs === 0) return
    await pause(Math.max(10, Math.min(doubtMs || Number.POSITIVE_INFINITY, settings.pollMs ?? 500)), signal)
  }
}
