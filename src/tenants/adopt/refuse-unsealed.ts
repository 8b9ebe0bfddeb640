import type { Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { findUnsealedIndex } from '../../registry/adopted-places.ts'

/** @throws AppError `conflict` while an older key may still write to the tenant's place. */
export async function refuseWhileUnsealed(tx: Tx, tenantId: TenantId): Promise<void> {
  const index = await findUnsealedIndex(tx, tenantId)
  if (index === undefined) return
  const words = `The tenant is in the adopted index ${index}, which is not sealed: an older key may still write there. Seal it first: tenant-router indexes seal ${index}`
  throw new AppError('conflict', words)
}
