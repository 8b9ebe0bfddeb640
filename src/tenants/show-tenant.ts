import { AppError } from '../errors.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { findLatestDeed } from '../registry/audit/audit.ts'
import type { TenantWork } from './onboard/tenant-work.ts'
import type { DeletionReceipt } from './places/deletion-receipt.ts'
import { findView, type TenantView } from './tenant-view.ts'

/** A tenant as staff see it; an offboarded one with its deletion receipt. @throws AppError `not_found` */
export async function showTenant({ db }: Pick<TenantWork, 'db'>, tenantId: TenantId): Promise<TenantView> {
  const view = await findView(db, tenantId)
  if (view === undefined) throw new AppError('not_found', 'There is no such tenant.')
  if (view.status !== 'offboarded') return view
  const deed = await findLatestDeed(db, tenantId, 'tenant.offboarded')
  return deed === undefined ? view : { ...view, deletionReceipt: deed.detail as unknown as DeletionReceipt }
}
