import type { StaffPrincipal } from '../../auth/principal.ts'
import type { Tx } from '../../db/connect.ts'
import type { TenantStatus } from '../../placement/phase.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { appendManyDeeds } from '../../registry/audit/append-many.ts'
import { revokeAllKeys } from '../../registry/keys/tenant-keys.ts'
import { insertOffboardings } from '../../registry/offboardings/offboardings.ts'
import { changeStatus } from '../../registry/tenants.ts'
import { lockRoutings, tickRoutings } from '../../routing/change-routing.ts'

interface Beginning {
  readonly from: TenantStatus
  /** Keeps a tenant that has content, and suspends it instead. */
  readonly onlyIfUnused?: boolean
  /** Further words for the audit. */
  readonly detail?: Readonly<Record<string, unknown>>
}

/**
 * Ends the serving of tenants, whose rows the caller has locked: from the commit on no replica serves them, and
 * `finishOffboarding` deletes their data. Call it last in a transaction, as `tickRouting`.
 */
export async function beginOffboardings(
  tx: Tx,
  actor: StaffPrincipal,
  ids: readonly TenantId[],
  { from, onlyIfUnused = false, detail = {} }: Beginning,
): Promise<void> {
  if (ids.length === 0) return
  await changeStatus(tx, ids, from, 'offboarding')
  await insertOffboardings(tx, ids, actor.subject, onlyIfUnused)
  if (!onlyIfUnused) for (const id of ids) await revokeAllKeys(tx, id)
  const change = { detail, before: { status: from }, after: { status: 'offboarding' } }
  await appendManyDeeds(
    tx,
    actor,
    ids.map((tenantId) => ({ action: 'tenant.offboard', tenantId, ...change })),
  )
  await lockRoutings(tx, ids)
  await tickRoutings(tx, ids)
}
