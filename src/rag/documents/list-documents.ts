import type { TenantPrincipal } from '../../auth/principal.ts'
import { type Page, pageOf, readCursor } from '../../cursor.ts'
import { isDocumentId } from '../../placement/document-id.ts'
import { findDocuments, listDocumentIds } from '../../registry/documents/documents.ts'
import { appDocumentIds } from '../../registry/inventory/app-documents.ts'
import { findUploads } from '../../registry/uploads/uploads.ts'
import { appSight, findMadeByApp } from './app-records.ts'
import { type DocumentDeps, type DocumentInfo, documentInfo } from './get-document.ts'

export interface ListDocumentsInput {
  readonly cursor?: string | undefined
  /** 1–100, default 50. */
  readonly limit?: number | undefined
}

/**
 * The documents that the caller's groups see, stored or in ingestion, sorted by id. Additions and deletions between two
 * pages shift no other document.
 * @throws AppError `invalid_request` for a cursor that no earlier page returned; and those of `TenantRoutes.find`.
 */
export async function listDocuments(
  deps: DocumentDeps,
  principal: TenantPrincipal,
  input: ListDocumentsInput = {},
): Promise<Page<DocumentInfo>> {
  const { tenantId, groups } = principal
  const route = await deps.routes.find(tenantId)
  const sight = appSight(route, groups)
  const limit = input.limit ?? 50
  const after = readCursor('documents', input.cursor, (id) => (isDocumentId(id) ? id : undefined))
  const page = { after, limit: limit + 1, groups }
  const ids = await listDocumentIds(deps.db, tenantId, page, sight && appDocumentIds(deps.db, sight, page))
  const { items: shown, nextCursor } = pageOf('documents', ids, limit, (id) => id)
  // In this order: an upload that is gone by then is in the inventory already.
  const uploads = new Map((await findUploads(deps.db, tenantId, shown, groups)).map((one) => [one.documentId, one]))
  const rows = new Map((await findDocuments(deps.db, tenantId, shown, groups)).map((one) => [one.documentId, one]))
  const made = await findMadeByApp(deps.db, route, shown, groups)
  return { items: shown.flatMap((id) => documentInfo(rows.get(id), uploads.get(id), made.get(id)) ?? []), nextCursor }
}
