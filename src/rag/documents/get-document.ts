import type { TenantPrincipal } from '../../auth/principal.ts'
import type { Db } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import { type DocumentRow, findDocument } from '../../registry/documents/documents.ts'
import type { AppDocument } from '../../registry/inventory/app-documents.ts'
import { findUpload, type UploadRow } from '../../registry/uploads/uploads.ts'
import type { UploadReason } from '../../registry/uploads.sql.ts'
import type { TenantRoutes } from '../../routing/lease/tenant-routes.ts'
import { findMadeByApp } from './app-records.ts'

export interface DocumentDeps {
  readonly db: Db
  readonly routes: Pick<TenantRoutes, 'find'>
}

/** A document as its tenant sees it. The text itself is not stored; retrieve returns its chunks. */
export interface DocumentInfo {
  readonly documentId: string
  readonly source: string | null
  readonly metadata: DocumentRow['metadata']
  /** Stored chunks; 0 while there are none. */
  readonly chunks: number
  /**
   * Status of an unfinished upload, else of the stored document. `writing` and `deleting`: under way, or broken off and
   * repaired by a repeat. `app`: an adopted tenant's app made it, as its inventory saw it; `changed`: likewise, and the
   * app wrote to it since. `lost`: stored, but the store was found to lack chunks of it; putting it again repairs it.
   */
  readonly status: DocumentRow['state'] | 'lost' | 'app' | 'changed' | UploadRow['status']
  /** Present only for an unfinished upload. */
  readonly attempts?: number
  /** Why its last attempt failed. */
  readonly reason?: UploadReason
  readonly createdAt: string
  readonly updatedAt: string
}

/**
 * @throws AppError `not_found`, also for a document that the caller's groups don't see; and those of
 *   `TenantRoutes.find`.
 */
export async function getDocument(
  deps: DocumentDeps,
  principal: TenantPrincipal,
  input: { readonly documentId: string },
): Promise<DocumentInfo> {
  const { tenantId, groups } = principal
  const route = await deps.routes.find(tenantId)
  // In this order: an upload that is gone by then is in the inventory already.
  const upload = await findUpload(deps.db, tenantId, input.documentId, groups)
  const row = await findDocument(deps.db, tenantId, input.documentId, groups)
  const made = await findMadeByApp(deps.db, route, [input.documentId], groups)
  const info = documentInfo(row, upload, made.get(input.documentId))
  if (info === undefined) throw new AppError('not_found', 'There is no such document.')
  return info
}

/** Prefers an unfinished upload to the stored document, and that to what an app made under the same id. */
export function documentInfo(
  row: DocumentRow | undefined,
  upload: UploadRow | undefined,
  made?: AppDocument,
): DocumentInfo | undefined {
  const chunks = row?.chunkCount ?? 0
  if (upload !== undefined) {
    const { documentId, source, metadata, status, attempts, reason } = upload
    const createdAt = (row ?? upload).createdAt.toISOString()
    const times = { createdAt, updatedAt: upload.updatedAt.toISOString() }
    return { documentId, source, metadata, chunks, status, attempts, ...(reason !== null && { reason }), ...times }
  }
  if (row === undefined) return made && madeInfo(made)
  return {
    documentId: row.documentId,
    source: row.source,
    metadata: row.metadata,
    chunks,
    status: statusOf(row, made),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }
}

function statusOf(row: DocumentRow, made: AppDocument | undefined): DocumentInfo['status'] {
  if (row.state !== 'ready') return row.state
  if (row.lostAt !== null) return 'lost'
  return made === undefined ? 'ready' : 'changed'
}

function madeInfo({ id, source, records, changedAt, createdAt }: AppDocument): DocumentInfo {
  return {
    documentId: id,
    source,
    metadata: {},
    chunks: records,
    status: changedAt === null ? 'app' : 'changed',
    createdAt: createdAt.toISOString(),
    updatedAt: (changedAt ?? createdAt).toISOString(),
  }
}
