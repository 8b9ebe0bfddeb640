import { type Page, pageOf, readCursor, readNumberKey } from '../cursor.ts'
import { AppError } from '../errors.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { listAuditRows } from '../registry/audit/audit.ts'
import { findTenant } from '../registry/tenants.ts'
import type { TenantWork } from './onboard/tenant-work.ts'

/** A change of a tenant's tag. */
export interface TagChange {
  readonly at: string
  readonly actor: string
  readonly from: string | null
  readonly to: string | null
  readonly note: string | null
}

/**
 * Changes of a tenant's tag, newest first, a page at a time: the part of the audit that sales may read.
 * @throws AppError `not_found`; `invalid_request` for a cursor that no earlier page returned
 */
export async function listTenantTags(
  { db }: Pick<TenantWork, 'db'>,
  tenantId: TenantId,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<TagChange>> {
  if ((await findTenant(db, tenantId)) === undefined) throw new AppError('not_found', 'There is no such tenant.')
  const before = readCursor('tags', cursor, readNumberKey)
  const rows = await listAuditRows(db, { tenantId, action: 'tenant.tag', before, limit: limit + 1 })
  const page = pageOf('tags', rows, limit, ({ id }) => id)
  return {
    ...page,
    items: page.items.map((row) => ({
      at: row.at.toISOString(),
      actor: row.actor,
      from: tierIn(row.before),
      to: tierIn(row.after),
      note: row.note,
    })),
  }
}

function tierIn(fields: Record<string, unknown> | null): string | null {
  return typeof fields?.tier === 'string' ? fields.tier : null
}
