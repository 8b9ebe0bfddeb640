import { randomUUID } from 'node:crypto'
import { and, eq, gt, isNotNull, isNull, lt, ne, or, sql } from 'drizzle-orm'
import type { Db, Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { documents } from '../documents.sql.ts'
import { dropAppDocuments } from '../inventory/app-documents.ts'
import { deleteAllId } from './documents.ts'
import { lockTenantDocuments } from './lock-tenant-documents.ts'

/** Permission to delete everything of a tenant: none of its documents can be written meanwhile. */
export interface DeleteAllClaim {
  readonly tenantId: TenantId
  readonly claim: string
  /** Time until which an earlier delete-all may still land. */
  readonly carriedUntil: Date | null
}

/**
 * Blocks document writes. The documents themselves are marked only when the deletion's outcome is unknown
 * (`everythingInDoubt`, or a claim that nobody ended), so that a refused deletion changes nothing.
 *
 * @returns the time to wait, where a document is being written, or a write to one may still land.
 */
export function claimDeleteAll(
  db: Db,
  tenantId: TenantId,
  leaseMs: number,
): Promise<DeleteAllClaim | { readonly retryAfterS: number }> {
  return db.transaction(async (tx) => {
    await lockTenantDocuments(tx, tenantId, 'alone')
    const [blocker] = await tx
      .select({ remainingS: sql<string>`extract(epoch from ${documents.claimUntil} - now())`, claim: documents.claim })
      .from(documents)
      .where(
        and(
          eq(documents.tenantId, tenantId),
          gt(documents.claimUntil, sql`now()`),
          // A deletion without an answer does what is wanted here, whenever it lands.
          or(isNotNull(documents.claim), ne(documents.state, 'deleting')),
        ),
      )
      .orderBy(sql`${documents.claim} is not null, ${documents.claimUntil} desc`)
      .limit(1)
    if (blocker !== undefined)
      return { retryAfterS: blocker.claim === null ? Math.ceil(Number(blocker.remainingS)) : 1 }
    const carriedUntil = await resolveAbandonedDeleteAll(tx, tenantId)
    const claim = randomUUID()
    const held = {
      state: 'deleting',
      claim,
      claimUntil: sql`now() + make_interval(secs => ${leaseMs / 1000})`,
    } as const
    await tx
      .insert(documents)
      .values({ tenantId, id: deleteAllId, contentHash: '', chunkCount: 0, chunkCeiling: 0, ...held })
      .onConflictDoUpdate({ target: [documents.tenantId, documents.id], set: held })
    return { tenantId, claim, carriedUntil }
  })
}

/**
 * Resolves a delete-all that nobody ended (its replica died) and that may or may not have happened: marks every
 * document, so that none counts as stored, and drops the claim.
 *
 * @returns until when a deletion in doubt may still land.
 */
export async function resolveAbandonedDeleteAll(tx: Tx, tenantId: TenantId): Promise<Date | null> {
  const [barrier] = await tx
    .select({
      claim: documents.claim,
      until: documents.claimUntil,
      ahead: sql<boolean>`${documents.claimUntil} > now()`,
    })
    .from(documents)
    .where(barrierOf(tenantId))
    .for('update')
  if (barrier === undefined) return null
  if (barrier.ahead) return barrier.until
  if (barrier.claim !== null) await markAll(tx, tenantId)
  await tx.delete(documents).where(barrierOf(tenantId))
  return null
}

/** The store holds nothing any more: drops the inventory and the block. A lost claim drops nothing. */
export async function deleteAllDone(db: Db, claim: DeleteAllClaim, doubtMs?: number): Promise<void> {
  await db.transaction(async (tx) => {
    if (!(await letGo(tx, claim, doubtMs))) return
    await dropAppDocuments(tx, claim.tenantId)
    const others = and(
      eq(documents.tenantId, claim.tenantId),
      ne(documents.id, deleteAllId),
      isNull(documents.claim), // a document's own deletion, begun meanwhile, drops its row by itself
    )
    await tx
      .delete(documents)
      .where(and(others, or(isNull(documents.claimUntil), lt(documents.claimUntil, sql`now()`))))
    await tx.update(documents).set({ state: 'deleting', chunkCount: 0, chunkCeiling: 0 }).where(others)
  })
}

/** The store refused: nothing changed. */
export async function deleteAllRefused(db: Db, claim: DeleteAllClaim): Promise<void> {
  await db.transaction((tx) => letGo(tx, claim, undefined))
}

/** The deletion has no answer: it may land until `doubtMs` from now. */
export async function deleteAllInDoubt(db: Db, claim: DeleteAllClaim, doubtMs: number): Promise<void> {
  await db.transaction(async (tx) => {
    if (await letGo(tx, claim, doubtMs)) await markAll(tx, claim.tenantId)
  })
}

async function markAll(tx: Tx, tenantId: TenantId): Promise<void> {
  await tx.update(documents).set({ state: 'deleting' }).where(eq(documents.tenantId, tenantId))
}

function barrierOf(tenantId: TenantId) {
  return and(eq(documents.tenantId, tenantId), eq(documents.id, deleteAllId))
}

async function letGo(tx: Tx, claim: DeleteAllClaim, doubtMs: number | undefined): Promise<boolean> {
  const carried =
    claim.carriedUntil === null ? sql`null::timestamptz` : sql`${claim.carriedUntil.toISOString()}::timestamptz`
  const own = doubtMs === undefined ? sql`null::timestamptz` : sql`now() + make_interval(secs => ${doubtMs / 1000})`
  const rows = await tx
    .update(documents)
    .set({ claim: null, claimUntil: sql`greatest(${carried}, ${own})` })
    .where(and(barrierOf(claim.tenantId), eq(documents.claim, claim.claim)))
    .returning({ claimUntil: documents.claimUntil })
  if (rows[0]?.claimUntil === null) await tx.delete(documents).where(barrierOf(claim.tenantId))
  return rows.length > 0
}
