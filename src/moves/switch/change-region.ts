import { eq, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { tenants } from '../../registry/tenants.sql.ts'
import { lockTenantRow } from '../../registry/tenants.ts'
import type { MoveRow } from '../state/move-history.ts'
import { moves } from '../state/moves.sql.ts'

/** The tenant's region with the cutover of a relocation; undefined for a move that changes none. */
export interface RegionChange {
  readonly before: string | null
  readonly after: string | null
  readonly isForward: boolean
}

/**
 * Reads the region that a cutover changes, and locks the tenant's row for it: before the clock of all routings, as
 * whoever changes a tenant does.
 */
export async function lockRegion(tx: Tx, row: MoveRow, isForward: boolean): Promise<RegionChange | undefined> {
  if (row.kind !== 'relocate' || row.wantedRegion === null) return undefined
  const tenant = await lockTenantRow(tx, row.tenantId)
  const before = tenant?.region ?? null
  return { before, after: isForward ? row.wantedRegion : row.regionBefore, isForward }
}

/** Changes the tenant's region, in the transaction that swaps its places; a rollback puts back what was there. */
export async function changeRegion(tx: Tx, row: MoveRow, change: RegionChange): Promise<void> {
  const { before, after, isForward } = change
  await tx.update(tenants).set({ region: after, updatedAt: sql`now()` }).where(eq(tenants.id, row.tenantId))
  if (isForward) await tx.update(moves).set({ regionBefore: before }).where(eq(moves.id, row.id))
  const { tenantId } = row
  const detail = { move: row.id }
  const values = { before: { region: before }, after: { region: after } }
  await appendAudit(tx, [{ actor: 'system', action: 'tenant.relocate', tenantId, detail, ...values }])
}
