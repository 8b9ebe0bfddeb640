import { sql } from 'drizzle-orm'
import type { Db } from '../../db/connect.ts'

/** Whether any move has not ended: until then it may need a mover. */
export async function anyOpenMove(db: Db): Promise<boolean> {
  const [found] = await db.execute<{ open: boolean }>(
    sql`select exists (select from moves where ended_at is null) as open`,
  )
  return found?.open === true
}
