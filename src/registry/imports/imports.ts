import { and, asc, desc, eq, gt, inArray, isNotNull, isNull, lt, or, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { type FieldChanges, type ImportColumn, type ImportRowKind, importRows, imports } from './imports.sql.ts'

export type ImportRow = typeof importRows.$inferSelect
/** An import with what its undo still has, in milliseconds by Postgres's clock; 0: it is over. */
export type ImportHead = typeof imports.$inferSelect & { readonly undoMs: number }

/** A row's diff before it is kept. */
export interface NewImportRow {
  readonly line: number
  readonly kind: ImportRowKind
  readonly tenantId: string | null
  readonly changes: FieldChanges
  readonly reason: string | null
}

/** Time after applying in which it can be undone. */
export const undoForMs = 15 * 60_000

/** The audit keeps what was done; previews and their rows go. */
const keptDays = 30

const head = {
  id: imports.id,
  file: imports.file,
  state: imports.state,
  columns: imports.columns,
  createdBy: imports.createdBy,
  createdAt: imports.createdAt,
  appliedBy: imports.appliedBy,
  appliedAt: imports.appliedAt,
  undoneBy: imports.undoneBy,
  undoneAt: imports.undoneAt,
  undoMs: sql<number>`case when ${imports.state} = 'applied'
    then greatest(0, ${undoForMs}::float8 - extract(epoch from now() - ${imports.appliedAt})::float8 * 1000) else 0 end`,
}

export async function insertImport(
  tx: Tx,
  given: { readonly file: string | null; readonly columns: readonly ImportColumn[]; readonly createdBy: string },
  rows: readonly NewImportRow[],
): Promise<string> {
  await tx.execute(sql`delete from imports where created_at < now() - make_interval(days => ${keptDays})`)
  const [made] = await tx.insert(imports).values(given).returning({ id: imports.id })
  if (made === undefined) throw new Error('the import was not written')
  const of = (pick: (row: NewImportRow) => unknown) => sql.param(rows.map(pick))
  await tx.execute(sql`
    insert into import_rows (import_id, line, kind, tenant_id, changes, reason)
    select ${made.id}::uuid, r.line, r.kind, r.tenant_id, r.changes::jsonb, r.reason
    from unnest(
      ${of(({ line }) => line)}::integer[], ${of(({ kind }) => kind)}::text[], ${of(({ tenantId }) => tenantId)}::text[],
      ${of(({ changes }) => JSON.stringify(changes))}::text[], ${of(({ reason }) => reason)}::text[]
    ) as r (line, kind, tenant_id, changes, reason)`)
  return made.id
}

export async function findImport(tx: Tx, id: string): Promise<ImportHead | undefined> {
  const [row] = await tx.select(head).from(imports).where(eq(imports.id, id))
  return row
}

/** Reads the import and locks it until the transaction ends. */
export async function lockImport(tx: Tx, id: string): Promise<ImportHead | undefined> {
  const [row] = await tx.select(head).from(imports).where(eq(imports.id, id)).for('update')
  return row
}

/** Newest first. @param before the last one of the previous page */
export async function listImportHeads(
  tx: Tx,
  before: { readonly at: string; readonly id: string } | undefined,
  limit: number,
): Promise<readonly ImportHead[]> {
  const older =
    before &&
    or(
      lt(imports.createdAt, new Date(before.at)),
      and(eq(imports.createdAt, new Date(before.at)), lt(imports.id, before.id)),
    )
  return tx.select(head).from(imports).where(older).orderBy(desc(imports.createdAt), desc(imports.id)).limit(limit)
}

/** `conflict`: rows in which an attempt to apply or undo met what a colleague had changed. */
export type ImportRowFilter = ImportRowKind | 'conflict'

export type ImportCounts = Readonly<Record<ImportRowFilter, number>>

/** Rows of each kind, by import. */
export async function countImportRows(tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, ImportCounts>> {
  if (ids.length === 0) return new Map()
  const rows = await tx.execute<{ id: string; kind: ImportRowKind; n: number; conflicts: number }>(sql`
    select import_id as id, kind, count(*)::int as n, count(conflict)::int as conflicts from import_rows
    where import_id = any(${sql.param([...ids])}::uuid[]) group by 1, 2`)
  const counts = new Map(ids.map((id) => [id, { new: 0, changed: 0, same: 0, refused: 0, conflict: 0 }]))
  for (const { id, kind, n, conflicts } of rows) {
    const one = counts.get(id)
    if (one === undefined) continue
    one[kind] += n
    one.conflict += conflicts
  }
  return counts
}

export async function listImportRows(
  tx: Tx,
  id: string,
  query: { readonly kind?: ImportRowFilter | undefined; readonly after: number; readonly limit: number },
): Promise<readonly ImportRow[]> {
  const { kind, after, limit } = query
  const isKind =
    kind === undefined ? undefined : kind === 'conflict' ? isNotNull(importRows.conflict) : eq(importRows.kind, kind)
  return tx
    .select()
    .from(importRows)
    .where(and(eq(importRows.importId, id), gt(importRows.line, after), isKind))
    .orderBy(asc(importRows.line))
    .limit(limit)
}

/** The rows that change something, by line. */
export async function readImportChanges(tx: Tx, id: string): Promise<readonly ImportRow[]> {
  return tx
    .select()
    .from(importRows)
    .where(and(eq(importRows.importId, id), inArray(importRows.kind, ['new', 'changed'])))
    .orderBy(asc(importRows.line))
}

/** Replaces the conflicts of an import by those of its last attempt. */
export async function setConflicts(tx: Tx, id: string, conflicts: ReadonlyMap<number, string>): Promise<void> {
  await tx
    .update(importRows)
    .set({ conflict: null })
    .where(and(eq(importRows.importId, id), isNotNull(importRows.conflict)))
  await tx.execute(sql`
    update import_rows set conflict = c.words
    from unnest(${sql.param([...conflicts.keys()])}::integer[], ${sql.param([...conflicts.values()])}::text[]) as c (line, words)
    where import_id = ${id}::uuid and import_rows.line = c.line`)
}

export async function setApplied(tx: Tx, id: string, appliedBy: string): Promise<void> {
  await tx
    .update(imports)
    .set({ state: 'applied', appliedBy, appliedAt: sql`now()` })
    .where(and(eq(imports.id, id), isNull(imports.appliedAt)))
}

export async function setUndone(tx: Tx, id: string, undoneBy: string): Promise<void> {
  await tx.update(imports).set({ state: 'undone', undoneBy, undoneAt: sql`now()` }).where(eq(imports.id, id))
}
