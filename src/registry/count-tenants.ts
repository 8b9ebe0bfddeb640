import { count } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import { tenants } from './tenants.sql.ts'

/** Tenants by status; canaries of `prove-isolation` are tenants too. */
export async function countTenants(db: Tx): Promise<Readonly<Record<string, number>>> {
  const rows = await db.select({ status: tenants.status, tenants: count() }).from(tenants).groupBy(tenants.status)
  return Object.fromEntries(rows.map((row) => [row.status, row.tenants]))
}
