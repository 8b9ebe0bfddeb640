import { and, eq, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { crmMarks } from './crm-marks.sql.ts'

type CrmMark = typeof crmMarks.$inferSelect

/** The last event of an account, locked; none if none was taken yet. */
export async function findCrmMark(tx: Tx, source: string, account: string): Promise<CrmMark | undefined> {
  const [row] = await tx
    .select()
    .from(crmMarks)
    .where(and(eq(crmMarks.source, source), eq(crmMarks.account, account)))
    .for('update')
  return row
}

/** Notes an event as the account's last. Call it once the tenant has its tag: its time is noted too. */
export async function putCrmMark(tx: Tx, mark: Omit<CrmMark, 'tierSince'>, tenantId: TenantId): Promise<void> {
  const { source, account, at, event, tag } = mark
  const tierSince = sql<Date>`(select tier_since from tenants where id = ${tenantId})`
  await tx
    .insert(crmMarks)
    .values({ source, account, at, event, tag, tierSince })
    .onConflictDoUpdate({ target: [crmMarks.source, crmMarks.account], set: { at, event, tag, tierSince } })
}
