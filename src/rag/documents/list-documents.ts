import type { TenantPrincipal } from '../../auth/principal.ts'
import { AppError } from '../../errors.ts'
import { findDocuments, listDocumentIds } from '../../registry/documents/documents.ts'
import { findUploads } from '../../registry/uploads/uploads.ts'
import { isDocumentId } from '../checks/record-ids.ts'
import { type DocumentDeps, type DocumentInfo, documentInfo } from './get-document.ts'

export interface ListDocumentsInput {
  readonly cursor?: string | undefined
  /** 1–100, default 50. */
  readonly limit?: number | undefined
}

export interface DocumentList {
  readonly items: readonly DocumentInfo[]
  /** Null on the last page. */
  readonly nextCursor: string | null
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
): Promise<DocumentList> {
  const { tenantId, groups } = principal
  await deps.routes.find(tenantId)
  const limit = input.limit ?? 50
  const after = input.cursor === undefined ? undefined : readCursor(input.cursor)
  const ids = await listDocumentIds(deps.db, tenantId, { after, limit: limit + 1, groups })
  const shown = ids.slice(0, limit)
  // In this order: an upload that is gone by then is in the inventory already.
  const uploads = new Map((await findUploads(deps.db, tenantId, shown, groups)).map((one) => [one.documentId, one]))
  const rows = new Map((await findDocuments(deps.db, tenantId, shown, groups)).map((one) => [one.documentId, one]))
  const items = shown.flatMap((id) => documentInfo(rows.get(id), uploads.get(id)) ?? [])
  const last = ids.length > limit ? shown.at(-1) : undefined
  return { items, nextCursor: last === undefined ? null : writeCursor(last) }
}

const cursorVersion = 'd1:'

function writeCursor(documentId: string): string {
  return Buffer.from(cursorVersion + documentId).toString('base64url')
}

function readCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString()
  const id = text.slice(cursorVersion.length)
  if (text.startsWith(cursorVersion) && isDocumentId(id)) return id
  const message = 'is not a cursor of this list'
  throw new AppError('invalid_request', `cursor: ${message}`, { faults: [{ path: 'cursor', message }] })
}
