import { sql } from 'drizzle-orm'
import { check, index, integer, jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'

export type ImportState = 'previewed' | 'applied' | 'undone'

/** The finding of the diff; whether a row is in conflict is found out when it is applied. */
export type ImportRowKind = 'new' | 'changed' | 'same' | 'refused'

/** Changes of one row by field: `name`, `tier`, `region`, or `attributes.` with a name. */
export type FieldChanges = Readonly<Record<string, { readonly from: FieldValue; readonly to: FieldValue }>>
export type FieldValue = string | number | boolean | null

/** A column of the file, and the field that it is; null: it is not imported. */
export interface ImportColumn {
  readonly header: string
  readonly field: string | null
}

/** A table of tenants that staff sent, compared with the registry. */
export const imports = pgTable(
  'imports',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    /** The file's name. */
    file: text('file'),
    state: text('state').$type<ImportState>().notNull().default('previewed'),
    columns: jsonb('columns').$type<readonly ImportColumn[]>().notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    appliedBy: text('applied_by'),
    appliedAt: timestamp('applied_at', { withTimezone: true }),
    undoneBy: text('undone_by'),
    undoneAt: timestamp('undone_at', { withTimezone: true }),
  },
  (t) => [
    check('imports_state', sql`${t.state} in ('previewed', 'applied', 'undone')`),
    index('imports_created').on(t.createdAt),
  ],
)

/** One row of such a table with its diff. */
export const importRows = pgTable(
  'import_rows',
  {
    importId: uuid('import_id')
      .notNull()
      .references(() => imports.id, { onDelete: 'cascade' }),
    /** The line in the file. */
    line: integer('line').notNull(),
    kind: text('kind').$type<ImportRowKind>().notNull(),
    /** The tenant as the row names it; null where it names none. */
    tenantId: text('tenant_id'),
    changes: jsonb('changes').$type<FieldChanges>().notNull().default({}),
    /** Why it is refused. */
    reason: text('reason'),
    /** Set by an attempt to apply or undo: what a colleague changed meanwhile. */
    conflict: text('conflict'),
  },
  (t) => [
    primaryKey({ columns: [t.importId, t.line] }),
    check('import_rows_kind', sql`${t.kind} in ('new', 'changed', 'same', 'refused')`),
  ],
)
