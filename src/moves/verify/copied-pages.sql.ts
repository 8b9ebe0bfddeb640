import { customType, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { moves } from '../state/moves.sql.ts'

/** Ids in the order of listings, whatever the database's own order is: byte by byte. */
const recordId = customType<{ data: string }>({ dataType: () => 'text collate "C"' })

/** Digests of the pages that a move's copy has put, until the comparison is done. */
export const copiedPages = pgTable(
  'copied_pages',
  {
    moveId: uuid('move_id')
      .notNull()
      .references(() => moves.id),
    firstId: recordId('first_id').notNull(),
    lastId: recordId('last_id').notNull(),
    records: integer('records').notNull(),
    /** SHA-256 over the digests of its records in id order. */
    digest: text('digest').notNull(),
  },
  (t) => [primaryKey({ columns: [t.moveId, t.firstId] })],
)
