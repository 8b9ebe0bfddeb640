import type { TenantPrincipal } from '../auth/principal.ts'
import type { Db } from '../db/connect.ts'
import { AppError } from '../errors.ts'
import { type DocumentRow, findDocument } from '../registry/documents.ts'
import type { TenantRoutes } from '../registry/tenant-routes.ts'

export interface DocumentDeps {
  readonly db: Db
  readonly routes: Pick<TenantRoutes, 'find'>
}

/** A document as its tenant sees it. The text itself is not kept; its chunks come back from retrieve. */
export interface DocumentInfo {
  readonly documentId: string
  readonly source: string | null
  readonly metadata: DocumentRow['metadata']
  readonly chunks: number
  /** `writing` and `deleting`: under way, or broken off and repaired by trying again. */
  readonly status: DocumentRow['state']
  readonly createdAt: string
  readonly updatedAt: string
}

/** @throws AppError `not_found`, also for a document that the caller's groups don't see; and those of `TenantRoutes.find`. */
export async function getDocument(
  deps: DocumentDeps,
  principal: TenantPrincipal,
  input: { readonly documentId: string },
): Promise<DocumentInfo> {
  await deps.routes.find(principal.tenantId)
  const row = await findDocument(deps.db, principal.tenantId, input.documentId, principal.groups)
  if (row === undefined) throw new AppError('not_found', 'There is no such document.')
  return documentInfo(row)
}

export function documentInfo(row: DocumentRow): DocumentInfo {
  return {
    documentId: row.documentId,
    source: row.source,
    metadata: row.metadata,
    chunks: row.chunkCount,
    status: row.state,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }
}
