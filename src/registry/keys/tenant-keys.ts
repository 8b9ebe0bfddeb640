import { and, count, desc, eq, gt, inArray, isNull, or, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { tenantApiKeys } from './keys.sql.ts'

export type TenantKeyRow = typeof tenantApiKeys.$inferSelect
export type NewTenantKey = Pick<
  TenantKeyRow,
  'id' | 'tenantId' | 'name' | 'secretHash' | 'scopes' | 'groups' | 'model' | 'createdBy' | 'rotatedFrom'
> & {
  /** From now; null: it never expires. */
  readonly expiresInS: number | null
}

/** Stores a new key. Times are Postgres's, so that all keys expire by one clock. */
export async function insertKey(tx: Tx, { expiresInS, ...key }: NewTenantKey): Promise<TenantKeyRow> {
  const expiresAt = expiresInS === null ? null : sql`now() + make_interval(secs => ${expiresInS})`
  const [row] = await tx
    .insert(tenantApiKeys)
    .values({ ...key, expiresAt })
    .returning()
  if (row === undefined) throw new Error('an insert returned no row')
  return row
}

/** A tenant's keys that are neither revoked nor expired. */
const live = and(
  isNull(tenantApiKeys.revokedAt),
  or(isNull(tenantApiKeys.expiresAt), gt(tenantApiKeys.expiresAt, sql`now()`)),
)

export async function countLiveKeys(tx: Tx, tenantId: TenantId): Promise<number> {
  const [row] = await tx
    .select({ keys: count() })
    .from(tenantApiKeys)
    .where(and(eq(tenantApiKeys.tenantId, tenantId), live))
  return row?.keys ?? 0
}

/** A tenant's keys, the newest first, those that are over among them. */
export async function listKeyRows(tx: Tx, tenantId: TenantId, limit: number): Promise<readonly TenantKeyRow[]> {
  return tx
    .select()
    .from(tenantApiKeys)
    .where(eq(tenantApiKeys.tenantId, tenantId))
    .orderBy(desc(tenantApiKeys.createdAt), desc(tenantApiKeys.id))
    .limit(limit)
}

/** The keys with these ids, of whichever tenant; unknown ids are absent. Only a verifier may ask across tenants. */
export async function readKeys(tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, TenantKeyRow>> {
  const rows = await tx
    .select()
    .from(tenantApiKeys)
    .where(inArray(tenantApiKeys.id, [...ids]))
  return new Map(rows.map((row) => [row.id, row]))
}

export async function findKey(tx: Tx, tenantId: TenantId, id: string): Promise<TenantKeyRow | undefined> {
  const [row] = await tx
    .select()
    .from(tenantApiKeys)
    .where(and(eq(tenantApiKeys.tenantId, tenantId), eq(tenantApiKeys.id, id)))
  return row
}

/** Revokes a key that is not revoked yet. @returns whether this call did it. */
export async function revokeKeyRow(tx: Tx, tenantId: TenantId, id: string): Promise<boolean> {
  const rows = await tx
    .update(tenantApiKeys)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(tenantApiKeys.tenantId, tenantId), eq(tenantApiKeys.id, id), isNull(tenantApiKeys.revokedAt)))
    .returning({ id: tenantApiKeys.id })
  return rows.length > 0
}

/** Ends every key of a tenant that is offboarded: its id may be used again, its keys never. */
export async function revokeAllKeys(tx: Tx, tenantId: TenantId): Promise<void> {
  await tx
    .update(tenantApiKeys)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(tenantApiKeys.tenantId, tenantId), isNull(tenantApiKeys.revokedAt)))
}

/** Lets a live key expire in so many seconds, or sooner where it would anyway. @returns whether it was live. */
export async function expireKey(tx: Tx, tenantId: TenantId, id: string, inS: number): Promise<boolean> {
  const soon = sql`now() + make_interval(secs => ${inS})`
  const rows = await tx
    .update(tenantApiKeys)
    .set({ expiresAt: sql`least(${tenantApiKeys.expiresAt}, ${soon})` })
    .where(and(eq(tenantApiKeys.tenantId, tenantId), eq(tenantApiKeys.id, id), live))
    .returning({ id: tenantApiKeys.id })
  return rows.length > 0
}
