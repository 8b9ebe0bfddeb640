import { and, eq, lt, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/connect.ts'
import { documents } from '../documents.sql.ts'
import type { DocumentClaim } from './document-claims.ts'

/** The ways a claim ends. Each change requires the claim: one that was taken over changes nothing. */
export interface ClaimEnds {
  /** Extends the claim; false when it is lost. */
  renew(claim: DocumentClaim, leaseMs: number): Promise<boolean>
  /** All chunks are stored, and no others. `doubtMs`: a repeat of one of the calls may still land. */
  stored(claim: DocumentClaim, chunkCount: number, doubtMs?: number): Promise<boolean>
  /** All chunks are deleted. In doubt, the row stays as a mark until the late call can no longer land. */
  deleted(claim: DocumentClaim, doubtMs?: number): Promise<void>
  /** The store was not touched: restores the earlier row. */
  revert(claim: DocumentClaim): Promise<void>
  /** The store was changed in part and every call was answered: the next try may repair it at once. */
  release(claim: DocumentClaim): Promise<void>
  /** A call has no answer: other content must wait until it can no longer land. */
  leaveInDoubt(claim: DocumentClaim, doubtMs: number): Promise<void>
}

export function claimEnds(db: Db): ClaimEnds {
  return {
    async renew(claim, leaseMs) {
      const rows = await db
        .update(documents)
        .set({ claimUntil: latest(claim, leaseMs) })
        .where(ours(claim))
        .returning({ id: documents.id })
      return rows.length > 0
    },
    async stored(claim, chunkCount, doubtMs) {
      const done = { state: 'ready', chunkCount, chunkCeiling: chunkCount, lostAt: null } as const
      const rows = await db
        .update(documents)
        .set({ ...done, claim: null, claimUntil: latest(claim, doubtMs), updatedAt: sql`now()` })
        .where(ours(claim))
        .returning({ id: documents.id })
      return rows.length > 0
    },
    async deleted(claim, doubtMs) {
      if (doubtMs === undefined && !stillCarried(claim)) {
        await db.delete(documents).where(ours(claim))
        return
      }
      await db
        .update(documents)
        .set({ chunkCount: 0, chunkCeiling: 0, claim: null, claimUntil: latest(claim, doubtMs), updatedAt: sql`now()` })
        .where(ours(claim))
      await dropOldMarks(db, claim)
    },
    async revert(claim) {
      if (claim.previous === undefined) {
        await db.delete(documents).where(ours(claim))
        return
      }
      await db
        .update(documents)
        .set({ ...claim.previous, claim: null, claimUntil: latest(claim) })
        .where(ours(claim))
    },
    async release(claim) {
      await db
        .update(documents)
        .set({ claim: null, claimUntil: latest(claim) })
        .where(ours(claim))
    },
    async leaveInDoubt(claim, doubtMs) {
      await db
        .update(documents)
        .set({ claim: null, claimUntil: latest(claim, doubtMs) })
        .where(ours(claim))
    },
  }
}

function ours(claim: DocumentClaim): SQL | undefined {
  return and(
    eq(documents.tenantId, claim.tenantId),
    eq(documents.id, claim.documentId),
    eq(documents.claim, claim.claim),
  )
}

/** The later of an earlier writer's doubt and `ms` from now; null when both are past. */
function latest(claim: DocumentClaim, ms?: number): SQL | null {
  const carried = claim.carriedUntil === null ? undefined : sql`${claim.carriedUntil.toISOString()}::timestamptz`
  const own = ms === undefined ? undefined : sql`now() + make_interval(secs => ${ms / 1000})`
  if (carried !== undefined && own !== undefined) return sql`greatest(${carried}, ${own})`
  return carried ?? own ?? null
}

function stillCarried(claim: DocumentClaim): boolean {
  return claim.carriedUntil !== null
}

async function dropOldMarks(db: Db, claim: DocumentClaim): Promise<void> {
  await db
    .delete(documents)
    .where(
      and(
        eq(documents.tenantId, claim.tenantId),
        eq(documents.state, 'deleting'),
        eq(documents.chunkCeiling, 0),
        lt(documents.claimUntil, sql`now()`),
      ),
    )
}
