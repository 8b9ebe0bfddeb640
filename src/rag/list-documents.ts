import type { TenantPrincipal } from '../auth/principal.ts'
import { AppError } from '../errors.ts'
import { listDocumentRows } from '../registry/documents.ts'
import { type DocumentDeps, type DocumentInfo, documentInfo } from './get-document.ts'

export interface ListDocumentsInput {
  readonly cursor?: string | undefined
  /** 1–100, default 50. */
  readonly limit?: number | undefined
}

export interface DocumentList {
  readonly items: readonly DocumentInfo[]
  /** null: that was the last page. */
  readonly nextCursor: string | null
}

/**
 * The documents that the caller's groups see, in the order of their ids. One that is added or deleted between two
 * pages shifts no other.
 * @throws AppError `invalid_request` for a cursor that no earlier page gave; and those of `TenantRoutes.find`.
 */
export async function listDocuments(
  deps: DocumentDeps,
  principal: TenantPrincipal,
  input: ListDocumentsInput = {},
): Promise<DocumentList> {
  await deps.routes.find(principal.tenantId)
  const limit = input.limit ?? 50
  const after = input.cursor === undefined ? undefined : readCursor(input.cursor)
  const page = { after, limit: limit + 1, groups: principal.groups }
  const rows = await listDocumentRows(deps.db, principal.tenantId, page)
  const items = rows.slice(0, limit).map(documentInfo)
  const last = rows.length > limit ? items.at(-1) : undefined
  return { items, nextCursor: last === undefined ? null : writeCursor(last.documentId) }
}

const cursorVersion = 'd1:'

function writeCursor(documentId: string): string {
  return Buffer.from(cursorVersion + documentId).toString('base64url')
}

function readCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString()
  if (text.startsWith(cursorVersion)) return text.slice(cursorVersion.length)
  const message = 'is not a cursor of this list'
  throw new AppError('invalid_request', `cursor: ${message}`, { faults: [{ path: 'cursor', message }] })
}
