import type { Tx } from '../../../db/connect.ts'
import { AppError } from '../../../errors.ts'
import type { TenantId } from '../../../placement/tenant-id.ts'
import { findInventory } from '../../../registry/inventory/app-documents.ts'
import type { InventoryState, ReservedName } from '../../../registry/inventory/inventories.sql.ts'

/** An adopted tenant's inventory as staff see it. */
export interface InventoryView {
  readonly tenantId: TenantId
  readonly state: InventoryState
  /** How records name their documents: exactly one of the two is not null. */
  readonly documentField: string | null
  readonly idPattern: string | null
  /** Records that were looked at, and the documents that they belong to. */
  readonly records: number
  readonly documents: number
  /** Documents that the app wrote since the inventory began. */
  readonly changed: number
  /** Records that name no document: they have no such field, or their ids are not of the pattern. */
  readonly unnamed: number
  /** Records whose document's name can't be a document's id. */
  readonly unusable: number
  /** Records of the app with an id or a metadata key that begins with `_tr`. */
  readonly reserved: number
  /** The first five of those names: the id, or the key with the id of its record. */
  readonly reservedExamples: readonly ReservedName[]
  /** The app's last write since then whose documents are not known, as a delete by filter. */
  readonly changedAt: string | null
  /** Why the last attempt stopped; it goes on by itself. */
  readonly fault: string | null
  readonly startedAt: string
  readonly finishedAt: string | null
}

/** @throws AppError `not_found` when no inventory of the tenant was begun. */
export async function showInventory(
  { db }: { readonly db: Tx },
  { tenantId }: { readonly tenantId: TenantId },
): Promise<InventoryView> {
  const found = await findInventory(db, tenantId)
  if (found === undefined) {
    throw new AppError('not_found', 'No inventory of this tenant was begun.', { shown: true })
  }
  const { row, documents, changed } = found
  const { state, documentField, idPattern, records, unnamed, unusable, reserved, reservedExamples, fault } = row
  return {
    tenantId,
    state,
    documentField,
    idPattern,
    records,
    documents,
    changed,
    unnamed,
    unusable,
    reserved,
    reservedExamples,
    changedAt: row.changedAt?.toISOString() ?? null,
    fault,
    startedAt: row.startedAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
  }
}
