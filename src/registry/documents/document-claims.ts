import { randomUUID } from 'node:crypto'
import { and, eq, sql } from 'drizzle-orm'
import type { Db, Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { documents } from '../documents.sql.ts'
import { isVisibleTo } from '../visible-to.ts'
import { resolveAbandonedDeleteAll } from './delete-all-claim.ts'
import { deleteAllId } from './documents.ts'
import { lockTenantDocuments } from './lock-tenant-documents.ts'

/**
 * Permission to write a document's chunks. A row's `claim` names a writer presumed alive until `claim_until`; a
 * `claim_until` without a claim means that nobody writes, but an unanswered store call may land until then.
 */
export interface DocumentClaim {
  readonly tenantId: TenantId
  readonly documentId: string
  readonly claim: string
  /** The store holds no chunk with this number or above. */
  readonly ceiling: number
  /** The earlier row, restored when the store was not touched; undefined: there was none. */
  readonly previous: Row | undefined
  /** Time until which an earlier writer's calls may land, whatever happens to this claim. */
  readonly carriedUntil: Date | null
}

type Row = typeof documents.$inferSelect

export type Claimed =
  | { readonly kind: 'claimed'; readonly claim: DocumentClaim }
  /** The document is `ready` with this exact content. */
  | { readonly kind: 'unchanged'; readonly chunkCount: number }
  /** Another request is doing the same now, and soon nothing will be left to do. */
  | { readonly kind: 'same_under_way' }
  | { readonly kind: 'busy'; readonly retryAfterS: number }
  | { readonly kind: 'missing' }
  /** The document exists, but the groups don't see it. */
  | { readonly kind: 'hidden' }

export interface ClaimOptions {
  readonly leaseMs: number
  /** Skips the wait for a live writer of the same content, since both write the same. */
  readonly takeOver: boolean
  /** The claimant's groups, which limit what it may claim; undefined: all of the tenant's documents. */
  readonly groups?: readonly string[] | undefined
  /** Writes the document again because the store does not show what the inventory has. */
  readonly isLost?: boolean
}

export interface NewContent {
  readonly contentHash: string
  readonly source: string | null
  readonly metadata: Row['metadata']
  readonly visibility: string[] | null
  readonly chunkCount: number
}

/** Claims a document to write this content; `Claimed` lists what may stand in the way. */
export function claimForWriting(
  db: Db,
  tenantId: TenantId,
  documentId: string,
  content: NewContent,
  options: ClaimOptions,
): Promise<Claimed> {
  return db.transaction(async (tx): Promise<Claimed> => {
    await lockTenantDocuments(tx, tenantId, 'shared')
    const barrier = await lockRow(tx, tenantId, deleteAllId)
    if (barrier !== undefined && barrier.remainingS > 0) return busy(barrier)
    if (barrier !== undefined) await resolveAbandonedDeleteAll(tx, tenantId)
    const claim = randomUUID()
    const inserted = await tx
      .insert(documents)
      .values({
        tenantId,
        id: documentId,
        ...content,
        chunkCeiling: content.chunkCount,
        state: 'writing',
        claim,
        claimUntil: inMs(options.leaseMs),
      })
      .onConflictDoNothing()
      .returning({ id: documents.id })
    if (inserted.length > 0) {
      const fresh = {
        tenantId,
        documentId,
        claim,
        ceiling: content.chunkCount,
        previous: undefined,
        carriedUntil: null,
      }
      return { kind: 'claimed', claim: fresh }
    }
    const found = await lockRow(tx, tenantId, documentId)
    if (found === undefined) return { kind: 'same_under_way' } // deleted since the insert looked
    const { row } = found
    if (isThere(row) && !isVisibleTo(row.visibility, options.groups)) return { kind: 'hidden' }
    const same = row.state !== 'deleting' && row.contentHash === content.contentHash
    const isWhole = row.state === 'ready' && row.lostAt === null && options.isLost !== true
    if (same && isWhole) return { kind: 'unchanged', chunkCount: row.chunkCount }
    const held = inTheWay(found, same, options)
    if (held !== undefined) return held
    const ceiling = Math.max(row.chunkCeiling, content.chunkCount)
    return {
      kind: 'claimed',
      claim: await take(tx, found, claim, options.leaseMs, { ...content, state: 'writing', chunkCeiling: ceiling }),
    }
  })
}

/** Claims a document for deletion. It takes over a deletion whose holder is dead. */
export function claimForDeletion(
  db: Db,
  tenantId: TenantId,
  documentId: string,
  options: ClaimOptions,
): Promise<Claimed> {
  return db.transaction(async (tx): Promise<Claimed> => {
    await lockTenantDocuments(tx, tenantId, 'shared')
    const found = await lockRow(tx, tenantId, documentId)
    if (found === undefined) return { kind: 'missing' }
    const deleting = found.row.state === 'deleting'
    if (deleting && found.row.chunkCeiling === 0 && found.row.claim === null) return { kind: 'missing' }
    if (!isVisibleTo(found.row.visibility, options.groups)) return { kind: 'missing' }
    const held = inTheWay(found, deleting, options)
    if (held !== undefined) return held
    return { kind: 'claimed', claim: await take(tx, found, randomUUID(), options.leaseMs, { state: 'deleting' }) }
  })
}

/** Whether the document exists. The row of a deleted one only waits until an unanswered delete can no longer land. */
function isThere(row: Row): boolean {
  return row.state !== 'deleting' || row.chunkCeiling > 0
}

interface Found {
  readonly row: Row
  /** Seconds left of the claim or the doubt; 0 when there is neither. */
  readonly remainingS: number
}

async function lockRow(tx: Tx, tenantId: TenantId, documentId: string): Promise<Found | undefined> {
  const [found] = await tx
    .select({
      row: documents,
      remainingS: sql<string>`coalesce(extract(epoch from ${documents.claimUntil} - now()), 0)`,
    })
    .from(documents)
    .where(and(eq(documents.tenantId, tenantId), eq(documents.id, documentId)))
    .for('update')
  return found === undefined ? undefined : { row: found.row, remainingS: Math.max(0, Number(found.remainingS)) }
}

/** @param same whether the earlier writer wrote exactly what is wanted now; its late calls are then harmless. */
function inTheWay(found: Found, same: boolean, options: ClaimOptions): Claimed | undefined {
  if (found.remainingS <= 0) return undefined
  if (!same) return busy(found)
  return found.row.claim !== null && !options.takeOver ? { kind: 'same_under_way' } : undefined
}

/** A live writer finishes soon; an unanswered call has to be waited out. */
function busy(found: Found): Claimed {
  return { kind: 'busy', retryAfterS: found.row.claim === null ? Math.ceil(found.remainingS) : 1 }
}

async function take(
  tx: Tx,
  { row, remainingS }: Found,
  claim: string,
  leaseMs: number,
  change: Partial<Row>,
): Promise<DocumentClaim> {
  const carriedUntil = remainingS > 0 ? row.claimUntil : null
  await tx
    .update(documents)
    .set({
      ...change,
      claim,
      claimUntil: sql`greatest(${documents.claimUntil}, ${inMs(leaseMs)})`,
      updatedAt: sql`now()`,
    })
    .where(and(eq(documents.tenantId, row.tenantId), eq(documents.id, row.id)))
  const ceiling = change.chunkCeiling ?? row.chunkCeiling
  return { tenantId: row.tenantId, documentId: row.id, claim, ceiling, previous: row, carriedUntil }
}

function inMs(ms: number) {
  return sql<Date>`now() + make_interval(secs => ${ms / 1000})`
}
