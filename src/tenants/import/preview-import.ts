import type { StaffPrincipal } from '../../auth/principal.ts'
import { AppError } from '../../errors.ts'
import { findImportedTenants } from '../../registry/imports/import-tenants.ts'
import { insertImport } from '../../registry/imports/imports.ts'
import type { TenantWork } from '../onboard/tenant-work.ts'
import { columnsOf } from './columns.ts'
import { diffRows, knownTenants } from './diff.ts'
import { type ImportView, viewImport } from './import-view.ts'
import { type ImportedRow, wishOf } from './wish.ts'

export interface ImportInput {
  /** The file's name. */
  readonly file?: string | undefined
  /** The table; its first row names the columns. */
  readonly rows: readonly ImportedRow[]
  /** Header → field, for columns that their headers don't tell. */
  readonly columns: Readonly<Record<string, string>>
}

/**
 * Compares a table of tenants with the registry, row by row, and keeps the diff. No tenant is changed.
 * @throws AppError `invalid_request` for a table without rows or without a column that names the tenant
 */
export async function previewImport(
  { db }: Pick<TenantWork, 'db'>,
  actor: StaffPrincipal,
  { file, rows, columns: mapping }: ImportInput,
): Promise<ImportView> {
  const [header, ...table] = rows
  if (header === undefined || table.length === 0) {
    throw new AppError('invalid_request', 'The file needs a first line that names the columns, and a row below it.')
  }
  const columns = columnsOf(header.cells, mapping)
  const wishes = table.map((row) => wishOf(row, columns))
  const ids = wishes.flatMap(({ id }) => (id === undefined ? [] : [id]))
  const crmIds = wishes.flatMap(({ crmId }) => (crmId === undefined ? [] : [crmId]))
  const known = knownTenants(await findImportedTenants(db, ids, crmIds))
  const diff = diffRows(wishes, known, actor.roles.has('platform'))
  const id = await db.transaction((tx) =>
    insertImport(tx, { file: file ?? null, columns, createdBy: actor.subject }, diff),
  )
  return viewImport(db, id)
}
