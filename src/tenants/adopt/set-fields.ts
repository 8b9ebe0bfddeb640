import type { StaffPrincipal } from '../../auth/principal.ts'
import { AppError } from '../../errors.ts'
import type { RecordFields } from '../../placement/record-fields.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { setTenantFields } from '../../registry/adopted-places.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { tickRouting } from '../../routing/change-routing.ts'
import type { TenantWork } from '../onboard/tenant-work.ts'

/**
 * Says which metadata fields an adopted tenant's records have, in place of what its index says. What is not named stays
 * as it is: a field of groups that was dropped by silence would show records to everyone.
 *
 * @returns all its fields that are not called as ours.
 * @throws AppError `not_found` for a tenant that is not here or was not adopted.
 */
export async function setFields(
  { db }: Pick<TenantWork, 'db'>,
  actor: StaffPrincipal,
  { tenantId, fields }: { readonly tenantId: TenantId; readonly fields: Partial<RecordFields> },
): Promise<Partial<RecordFields>> {
  return db.transaction(async (tx) => {
    const set = await setTenantFields(tx, tenantId, fields)
    if (set === undefined) {
      throw new AppError('not_found', 'There is no adopted tenant with this id.', { shown: true })
    }
    await appendAudit(tx, [{ actor, action: 'tenant.fields', tenantId, detail: { fields: set } }])
    await tickRouting(tx, tenantId)
    return set
  })
}
