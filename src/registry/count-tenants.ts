import { count, sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import { sessions } from './routing.sql.ts'
import { tenants } from './tenants.sql.ts'

/** Tenants by status; canaries of `prove-isolation` are tenants too. */
export async function countTenants(db: Tx): Promise<Readonly<Record<string, number>>> {
  const rows = await db.select({ status: tenants.status, tenants: count() }).from(tenants).groupBy(tenants.status)
  return Object.fromEntries(rows.map((row) => [row.status, row.tenants]))
}

/** The replicas' sessions, as moves see them. */
export interface SessionNumbers {
  /** Sessions whose lease holds: replicas that serve. */
  readonly live: number
  /** Live sessions that have not yet applied what another one has. */
  readonly behind: number
  /** Seconds in which a store write without an answer may still land; 0 when there is none. */
  readonly doubtS: number
}

export async function countSessions(db: Tx): Promise<SessionNumbers> {
  const isLive = sql`expires_at > now()`
  const [row] = await db
    .select({
      live: sql<number>`(count(*) filter (where ${isLive}))::int`,
      behind: sql<number>`(count(*) filter (where ${isLive} and applied < (select max(applied) from sessions)))::int`,
      doubtS: sql<number>`coalesce(greatest(0, extract(epoch from max(doubt_until) - now())), 0)::float8`,
    })
    .from(sessions)
  return row ?? { live: 0, behind: 0, doubtS: 0 }
}
