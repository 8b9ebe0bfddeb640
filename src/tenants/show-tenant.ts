import type { Tx } from '../db/connect.ts'
import { AppError } from '../errors.ts'
import type { SignedDeletionReceipt } from '../evidence/deletion-receipt.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { findLatestDeed } from '../registry/audit/audit.ts'
import type { OffboardingRow } from '../registry/offboardings/offboardings.ts'
import { findLastReceipt } from '../registry/offboardings/offboardings.ts'
import type { TenantWork } from './onboard/tenant-work.ts'
import { findView, type ShownReceipt, type TenantView } from './tenant-view.ts'

/** A tenant as staff see it; an offboarded one with its deletion receipt. @throws AppError `not_found` */
export async function showTenant({ db }: Pick<TenantWork, 'db'>, tenantId: TenantId): Promise<TenantView> {
  const view = await findView(db, tenantId)
  if (view === undefined) throw new AppError('not_found', 'There is no such tenant.')
  if (view.status !== 'offboarded') return view
  const deletionReceipt = await shownReceipt(db, tenantId)
  return deletionReceipt === undefined ? view : { ...view, deletionReceipt }
}

/** A signed receipt, and the looks after it. */
export interface ReceiptView extends SignedDeletionReceipt {
  readonly rechecks: OffboardingRow['rechecks']
  /** When the next look is due; null: none is. */
  readonly recheckAt: string | null
}

/**
 * The receipt of the tenant's last deletion, as it was signed: it stays when the id is used again.
 * @throws AppError `not_found`
 */
export async function showReceipt({ db }: Pick<TenantWork, 'db'>, tenantId: TenantId): Promise<ReceiptView> {
  const row = await findLastReceipt(db, tenantId)
  if (row === undefined || row.receipt === null) {
    throw new AppError('not_found', 'There is no deletion receipt of this tenant.')
  }
  return { ...row.receipt, rechecks: row.rechecks, recheckAt: row.recheckAt?.toISOString() ?? null }
}

/** The receipt's own fields with its signature; of a deletion by an earlier version, the audit's. */
async function shownReceipt(db: Tx, tenantId: TenantId): Promise<ShownReceipt | undefined> {
  const row = await findLastReceipt(db, tenantId)
  if (row?.receipt) {
    const { receipt, ...signature } = row.receipt
    return { ...receipt, ...signature, rechecks: row.rechecks }
  }
  const deed = await findLatestDeed(db, tenantId, 'tenant.offboarded')
  return deed?.detail as unknown as ShownReceipt | undefined
}
