import { isTime, type Page, pageOf, readCursor, readNumberKey } from '../../cursor.ts'
import { findImport, type ImportRowFilter, listImportHeads, listImportRows } from '../../registry/imports/imports.ts'
import type { TenantWork } from '../onboard/tenant-work.ts'
import { type ImportRowView, type ImportView, noSuchImport, rowView, viewImport, viewsOf } from './import-view.ts'

type Deps = Pick<TenantWork, 'db'>

/** @throws AppError `not_found` */
export function showImport({ db }: Deps, id: string): Promise<ImportView> {
  return viewImport(db, id)
}

/**
 * Imports of the last 30 days, newest first, a page at a time.
 * @throws AppError `invalid_request` for a cursor that no earlier page returned
 */
export async function listImports(
  { db }: Deps,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<ImportView>> {
  const rows = await listImportHeads(db, readCursor('imports', cursor, readImportKey), limit + 1)
  const page = pageOf('imports', rows, limit, ({ createdAt, id }) => `${createdAt.toISOString()}/${id}`)
  return { ...page, items: await viewsOf(db, page.items) }
}

/**
 * The rows of an import's diff by line, a page at a time.
 * @throws AppError `not_found`; `invalid_request` for a cursor that no earlier page returned
 */
export async function listRowsOfImport(
  { db }: Deps,
  id: string,
  query: {
    readonly kind?: ImportRowFilter | undefined
    readonly limit: number
    readonly cursor?: string | undefined
  },
): Promise<Page<ImportRowView>> {
  const { kind, limit, cursor } = query
  const after = readCursor('importrows', cursor, readNumberKey) ?? 0
  if ((await findImport(db, id)) === undefined) throw noSuchImport()
  const rows = await listImportRows(db, id, { kind, after, limit: limit + 1 })
  const page = pageOf('importrows', rows, limit, ({ line }) => line)
  return { ...page, items: page.items.map(rowView) }
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function readImportKey(text: string): { at: string; id: string } | undefined {
  const [at = '', id = ''] = text.split('/')
  return isTime(at) && uuid.test(id) ? { at, id } : undefined
}
