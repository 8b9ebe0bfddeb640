import { type Page, pageOf, readCursor } from '../cursor.ts'
import { AppError } from '../errors.ts'
import { isDocumentId } from '../placement/document-id.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { type DocumentRow, findDocuments, listDocumentIds } from '../registry/documents/documents.ts'
import { findTenant } from '../registry/tenants.ts'
import { failedUploadIds, findUploads, type UploadRow } from '../registry/uploads/uploads.ts'
import type { UploadReason } from '../registry/uploads.sql.ts'
import type { TenantWork } from './onboard/tenant-work.ts'

/** A document as staff sees it: how far it is, and nothing of what is in it. */
export interface TenantDocument {
  readonly documentId: string
  readonly status: DocumentRow['state'] | 'lost' | UploadRow['status']
  readonly chunks: number
  /** Tries of an upload that is not done; null: it is none. */
  readonly attempts: number | null
  /** Why the last try of an upload came to nothing. */
  readonly reason: UploadReason | null
  readonly createdAt: string
  readonly updatedAt: string
}

/**
 * A tenant's documents, stored or on their way, sorted by id, a page at a time. Texts, names of files and metadata stay
 * with the tenant.
 * @param input `failed`: only those whose upload came to nothing.
 * @throws AppError `not_found`; `invalid_request` for a cursor that no earlier page returned
 */
export async function listTenantDocuments(
  { db }: Pick<TenantWork, 'db'>,
  tenantId: TenantId,
  input: { readonly failed: boolean; readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<TenantDocument>> {
  if ((await findTenant(db, tenantId)) === undefined) throw new AppError('not_found', 'There is no such tenant.')
  const list = input.failed ? 'faileduploads' : 'documentstates'
  const after = readCursor(list, input.cursor, (id) => (isDocumentId(id) ? id : undefined))
  const page = { after, limit: input.limit + 1, groups: undefined }
  const ids = input.failed ? await failedUploadIds(db, tenantId, page) : await listDocumentIds(db, tenantId, page)
  const { items: shown, nextCursor } = pageOf(list, ids, input.limit, (id) => id)
  // In this order: an upload that is gone by then is in the inventory already.
  const uploads = new Map((await findUploads(db, tenantId, shown, undefined)).map((one) => [one.documentId, one]))
  const rows = new Map((await findDocuments(db, tenantId, shown, undefined)).map((one) => [one.documentId, one]))
  return { items: shown.flatMap((id) => documentView(rows.get(id), uploads.get(id)) ?? []), nextCursor }
}

function documentView(row: DocumentRow | undefined, upload: UploadRow | undefined): TenantDocument | undefined {
  const latest = upload ?? row
  if (latest === undefined) return undefined
  return {
    documentId: latest.documentId,
    status: upload?.status ?? (row?.state === 'ready' && row.lostAt !== null ? 'lost' : (row?.state ?? 'ready')),
    chunks: row?.chunkCount ?? 0,
    attempts: upload?.attempts ?? null,
    reason: upload?.reason ?? null,
    createdAt: (row ?? latest).createdAt.toISOString(),
    updatedAt: latest.updatedAt.toISOString(),
  }
}
