import { eq, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { consoleSignIns } from './sign-ins.sql.ts'

/** How often a person has ended all sessions; a count, as clocks of replicas differ. */
export async function readSignInCount(tx: Tx, subject: string): Promise<number> {
  const [row] = await tx
    .select({ count: consoleSignIns.count })
    .from(consoleSignIns)
    .where(eq(consoleSignIns.subject, subject))
  return row?.count ?? 0
}

/** Ends every session of a person that was begun so far, on every replica from its next request on. */
export async function raiseSignInCount(tx: Tx, subject: string): Promise<void> {
  await tx
    .insert(consoleSignIns)
    .values({ subject, count: 1 })
    .onConflictDoUpdate({ target: consoleSignIns.subject, set: { count: sql`${consoleSignIns.count} + 1` } })
}
