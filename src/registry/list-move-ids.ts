import { and, asc, eq, gt } from 'drizzle-orm'
import type { Db } from '../db/connect.ts'
import { dirty } from './dirty.sql.ts'

const pageSize = 1000

/** The ids of every record that was written during a move, a thousand at a time. */
export async function* listMoveIds(db: Db, moveId: string): AsyncGenerator<readonly string[]> {
  let after = ''
  for (;;) {
    const rows = await db
      .select({ id: dirty.recordId })
      .from(dirty)
      .where(and(eq(dirty.moveId, moveId), gt(dirty.recordId, after)))
      .orderBy(asc(dirty.recordId))
      .limit(pageSize)
    if (rows.length > 0) yield rows.map((row) => row.id)
    const last = rows.at(-1)
    if (last === undefined || rows.length < pageSize) return
    after = last.id
  }
}
