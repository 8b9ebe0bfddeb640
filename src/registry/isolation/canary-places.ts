import { and, eq, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { Placement } from '../../placement/placement.ts'
import { canaryPrefix, type TenantId } from '../../placement/tenant-id.ts'
import { indexes } from '../indexes.sql.ts'
import type { IndexRow } from '../indexes.ts'
import { isCustomer } from '../is-customer.ts'
import { places } from '../places.sql.ts'
import { toPlacement } from '../places.ts'
import { tenants } from '../tenants.sql.ts'

const isCanary = sql`starts_with(${tenants.id}, ${canaryPrefix})`

/** A canary's rows, whatever became of it. */
export async function listCanaryTenants(
  tx: Tx,
): Promise<readonly Pick<typeof tenants.$inferSelect, 'id' | 'status'>[]> {
  return tx.select({ id: tenants.id, status: tenants.status }).from(tenants).where(isCanary).orderBy(tenants.id)
}

const isActive = and(eq(tenants.status, 'active'), eq(places.state, 'active'))

async function placementsOf(tx: Tx, which: SQL | undefined, limit: number): Promise<readonly Placement[]> {
  const rows = await tx
    .select({ place: places, index: indexes })
    .from(tenants)
    .innerJoin(places, eq(places.tenantId, tenants.id))
    .innerJoin(indexes, eq(indexes.id, places.indexId))
    .where(and(isActive, which))
    .orderBy(sql`random()`)
    .limit(limit)
  return rows.map(({ place, index }) => toPlacement(place, index))
}

/** The places in which active canaries live. */
export async function listCanaryPlaces(tx: Tx): Promise<readonly Placement[]> {
  const found = await placementsOf(tx, isCanary, 10_000)
  return found.toSorted((a, b) => (a.tenantId < b.tenantId ? -1 : 1))
}

/** Where one tenant lives now. */
export async function findActivePlace(tx: Tx, tenantId: TenantId): Promise<Placement | undefined> {
  const [found] = await placementsOf(tx, eq(tenants.id, tenantId), 1)
  return found
}

/** Places of customers, chosen by chance. */
export async function sampleCustomers(tx: Tx, kind: 'pool' | 'silo', limit: number): Promise<readonly Placement[]> {
  return placementsOf(tx, and(isCustomer(tenants.id), eq(indexes.kind, kind)), limit)
}

/** Shared indexes at work. */
export async function listReadyShards(tx: Tx): Promise<readonly IndexRow[]> {
  return tx
    .select()
    .from(indexes)
    .where(and(eq(indexes.kind, 'pool'), eq(indexes.state, 'ready')))
    .orderBy(indexes.id)
}

/** Active customers, by the kind of their place. */
export async function countCustomers(tx: Tx): Promise<{ readonly pool: number; readonly silo: number }> {
  const rows = await tx
    .select({ kind: indexes.kind, n: sql<number>`count(*)::int` })
    .from(tenants)
    .innerJoin(places, eq(places.tenantId, tenants.id))
    .innerJoin(indexes, eq(indexes.id, places.indexId))
    .where(and(isActive, isCustomer(tenants.id)))
    .groupBy(indexes.kind)
  const of = (kind: 'pool' | 'silo') => rows.find((row) => row.kind === kind)?.n ?? 0
  return { pool: of('pool'), silo: of('silo') }
}
