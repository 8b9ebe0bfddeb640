import type { StaffPrincipal } from '../../../auth/principal.ts'
import { AppError } from '../../../errors.ts'
import { checkIdPattern, type InventoryRule } from '../../../placement/inventory-rule.ts'
import type { TenantId } from '../../../placement/tenant-id.ts'
import { appendAudit } from '../../../registry/audit/audit.ts'
import { beginRun, setTick } from '../../../registry/inventory/inventory-work.ts'
import { lockTenantRow } from '../../../registry/tenants.ts'
import { tickRouting } from '../../../routing/change-routing.ts'
import { readRoute } from '../../../routing/read-route.ts'
import type { TenantWork } from '../../onboard/tenant-work.ts'
import { type InventoryView, showInventory } from './inventory-view.ts'

/**
 * Begins the inventory of an adopted tenant's documents, or begins it anew; some replica builds it in the background.
 * It reads the store and writes nothing there, so it may be built before the index is sealed and while the tenant
 * moves.
 *
 * @throws AppError `not_found` for a tenant that is not here or was not adopted; `conflict` for one that is not active;
 *   `invalid_request` for a pattern that names no document.
 */
export async function beginInventory(
  { db }: Pick<TenantWork, 'db'>,
  actor: StaffPrincipal,
  { tenantId, rule }: { readonly tenantId: TenantId; readonly rule: InventoryRule },
): Promise<InventoryView> {
  if ('idPattern' in rule) checkIdPattern(rule.idPattern)
  return db.transaction(async (tx) => {
    const tenant = await lockTenantRow(tx, tenantId)
    if (tenant === undefined || tenant.adoptedNamespace === null || tenant.status === 'offboarded') {
      throw new AppError('not_found', 'There is no adopted tenant with this id.', { shown: true })
    }
    if (tenant.status !== 'active') throw new AppError('conflict', `The tenant is ${tenant.status}.`)
    const read = await readRoute(tx, tenantId)
    if (!('found' in read) || read.found.route.adopted === undefined) {
      throw new AppError('conflict', 'The tenant has no place.')
    }
    const { adopted, routing } = read.found.route
    await appendAudit(tx, [{ actor, action: 'tenant.inventory', tenantId, detail: { ...rule } }])
    const place = { visibilityField: adopted.fields.visibility, placeId: routing.active.placeId }
    await beginRun(tx, tenantId, { rule, ...place })
    await setTick(tx, tenantId, await tickRouting(tx, tenantId))
    return showInventory({ db: tx }, { tenantId })
  })
}
