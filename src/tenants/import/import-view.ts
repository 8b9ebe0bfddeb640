import type { Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import type { FieldChanges, ImportColumn, ImportState } from '../../registry/imports/imports.sql.ts'
import {
  countImportRows,
  findImport,
  type ImportCounts,
  type ImportHead,
  type ImportRow,
  type ImportRowFilter,
  undoForMs,
} from '../../registry/imports/imports.ts'

export interface ImportView {
  readonly id: string
  readonly file: string | null
  readonly state: ImportState
  readonly columns: readonly ImportColumn[]
  readonly counts: ImportCounts
  readonly createdBy: string
  readonly createdAt: string
  readonly appliedBy: string | null
  readonly appliedAt: string | null
  /** Until then it can be undone; null: it is not applied, or that is over. */
  readonly undoUntil: string | null
  readonly undoneBy: string | null
  readonly undoneAt: string | null
}

/** A row of the diff. A row in conflict says what a colleague changed meanwhile. */
export interface ImportRowView {
  readonly line: number
  readonly kind: ImportRowFilter
  readonly tenantId: string | null
  readonly changes: FieldChanges
  readonly reason: string | null
}

/** @throws AppError `not_found` */
export async function viewImport(db: Tx, id: string): Promise<ImportView> {
  const head = await findImport(db, id)
  if (head === undefined) throw noSuchImport()
  const [view] = await viewsOf(db, [head])
  if (view === undefined) throw noSuchImport()
  return view
}

export async function viewsOf(db: Tx, heads: readonly ImportHead[]): Promise<readonly ImportView[]> {
  const counts = await countImportRows(
    db,
    heads.map(({ id }) => id),
  )
  return heads.map(({ undoMs, ...head }) => ({
    ...head,
    counts: counts.get(head.id) ?? { new: 0, changed: 0, same: 0, refused: 0, conflict: 0 },
    createdAt: head.createdAt.toISOString(),
    appliedAt: head.appliedAt?.toISOString() ?? null,
    undoUntil:
      head.appliedAt === null || undoMs === 0 ? null : new Date(head.appliedAt.getTime() + undoForMs).toISOString(),
    undoneAt: head.undoneAt?.toISOString() ?? null,
  }))
}

export function rowView({ line, kind, tenantId, changes, reason, conflict }: ImportRow): ImportRowView {
  return { line, kind: conflict === null ? kind : 'conflict', tenantId, changes, reason: conflict ?? reason }
}

export function noSuchImport(): AppError {
  return new AppError('not_found', 'There is no such import. Previews and imports are kept for 30 days.')
}
