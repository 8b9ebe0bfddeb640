import { and, asc, eq, gt, sql } from 'drizzle-orm'
import type { Db } from '../../db/connect.ts'
import { changeLog } from './change-log.sql.ts'

const pageSize = 1000

/** Ids of every record in a move's change log, 1,000 at a time. */
export async function* listWrittenIds(db: Db, moveId: string): AsyncGenerator<readonly string[]> {
  let after = ''
  for (;;) {
    const rows = await db
      .select({ id: changeLog.recordId })
      .from(changeLog)
      .where(and(eq(changeLog.moveId, moveId), gt(changeLog.recordId, after)))
      .orderBy(asc(changeLog.recordId))
      .limit(pageSize)
    if (rows.length > 0) yield rows.map((row) => row.id)
    const last = rows.at(-1)
    if (last === undefined || rows.length < pageSize) return
    after = last.id
  }
}

/** The current time of the change log's clock, for a look that begins now. */
export async function changeLogTime(db: Db): Promise<string> {
  const [row] = await db.execute<{ now: string }>(sql`select clock_timestamp()::text as now`)
  if (row === undefined) throw new Error('a clock always tells a time')
  return row.now
}
