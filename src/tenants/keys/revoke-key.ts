import type { StaffPrincipal } from '../../auth/principal.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { findKey, revokeKeyRow } from '../../registry/keys/tenant-keys.ts'
import { lockTenantRow } from '../../registry/tenants.ts'
import { tickRouting } from '../../routing/change-routing.ts'
import type { TenantWork } from '../onboard/tenant-work.ts'
import { type KeyView, keyView, noSuchKey } from './key-view.ts'

/**
 * Ends a key for good: every replica refuses it as soon as it hears of it, as with a suspension. A repeat changes
 * nothing. @throws AppError `not_found`
 */
export async function revokeKey(
  { db }: Pick<TenantWork, 'db'>,
  actor: StaffPrincipal,
  tenantId: TenantId,
  keyId: string,
): Promise<KeyView> {
  return db.transaction(async (tx) => {
    await lockTenantRow(tx, tenantId)
    const isFirst = await revokeKeyRow(tx, tenantId, keyId)
    const row = await findKey(tx, tenantId, keyId)
    if (row === undefined) throw noSuchKey()
    if (isFirst) {
      await appendAudit(tx, [{ actor, action: 'key.revoke', tenantId, detail: { keyId } }])
      await tickRouting(tx, tenantId)
    }
    return keyView(row)
  })
}
