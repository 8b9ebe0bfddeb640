import { randomUUID } from 'node:crypto'
import { and, eq, isNotNull, type SQL, sql } from 'drizzle-orm'
import type { Db, Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { type UploadReason, type UploadStatus, uploads } from '../uploads.sql.ts'

/** An upload that is ours until its lease runs out. */
export interface ClaimedUpload {
  readonly tenantId: TenantId
  readonly documentId: string
  readonly id: string
  readonly claim: string
  readonly kind: 'text' | 'file'
  readonly bytes: Uint8Array
  readonly name: string | null
  readonly contentType: string | null
  readonly source: string | null
  readonly metadata: Readonly<Record<string, string | number | boolean | string[]>>
  readonly chunking: Readonly<Record<string, unknown>> | null
  /** This one among them. */
  readonly attempts: number
}

export interface ClaimUploadOptions {
  readonly leaseMs: number
  /** Tenants that have their share of the caller already. */
  readonly except: readonly TenantId[]
}

/**
 * Takes the upload whose turn it is, or one whose holder has died. Only of tenants that are active and in the life that
 * the upload was sent in: those of a suspended tenant wait, those of an ended one are dropped by `sweepUploads`.
 */
export async function claimUpload(db: Db, options: ClaimUploadOptions): Promise<ClaimedUpload | undefined> {
  const claim = randomUUID()
  const next = sql`(select u.tenant_id, u.document_id from uploads u join tenants t on t.id = u.tenant_id
    where u.status <> 'failed' and u.run_at <= now() and t.status = 'active' and u.generation >= t.first_generation
      and u.tenant_id <> all(${sql.param([...options.except])}::text[])
    order by u.turn, u.run_at limit 1 for update of u skip locked)`
  const [row] = await db
    .update(uploads)
    .set({
      ...{ status: 'parsing', claim, runAt: fromNow(options.leaseMs), updatedAt: sql`now()` },
      attempts: sql`${uploads.attempts} + 1`,
    })
    .where(sql`(${uploads.tenantId}, ${uploads.documentId}) = ${next}`)
    .returning()
  if (row === undefined) return undefined
  if (row.bytes === null) throw new Error(`upload ${row.id} has no bytes`)
  return { ...row, bytes: row.bytes, claim }
}

/** How a claim on an upload goes on and ends; every change is conditional on the claim. */
export interface UploadClaimEnds {
  /** Still ours, and for another lease? */
  renew(job: ClaimedUpload, leaseMs: number): Promise<boolean>
  /** Still ours? Then it is said how far it is. */
  reach(job: ClaimedUpload, status: UploadStatus): Promise<boolean>
  /** It is in the store. */
  done(job: ClaimedUpload): Promise<void>
  /** For another attempt, after `delayMs`. Without a reason the attempt counts for nothing. */
  putBack(job: ClaimedUpload, delayMs: number, reason?: UploadReason): Promise<void>
  fail(job: ClaimedUpload, reason: UploadReason): Promise<void>
}

export function uploadClaimEnds(db: Tx): UploadClaimEnds {
  const change = async (job: ClaimedUpload, set: Parameters<ReturnType<Tx['update']>['set']>[0]): Promise<boolean> => {
    const rows = await db.update(uploads).set(set).where(ours(job)).returning({ id: uploads.id })
    return rows.length > 0
  }
  const free = { claim: null, updatedAt: sql`now()` }
  return {
    renew: (job, leaseMs) => change(job, { runAt: fromNow(leaseMs) }),
    reach: (job, status) => change(job, { status, updatedAt: sql`now()` }),
    async done(job) {
      await db.delete(uploads).where(ours(job))
    },
    async putBack(job, delayMs, reason) {
      const attempts = reason === undefined ? { attempts: job.attempts - 1 } : { reason }
      await change(job, { ...free, ...attempts, status: 'queued', runAt: fromNow(delayMs) })
    },
    async fail(job, reason) {
      await change(job, { ...free, reason, status: 'failed' })
    },
  }
}

/** How long the file of an upload that failed is kept for a retry. */
const keepFailedS = 24 * 3600

/** Drops what tenants that have ended left in the queue, and files of uploads that failed long ago. */
export async function sweepUploads(db: Tx): Promise<void> {
  await db.execute(sql`delete from uploads u using tenants t
    where t.id = u.tenant_id and (t.status = 'offboarded' or u.generation < t.first_generation)`)
  await db
    .update(uploads)
    .set({ bytes: null, sizeBytes: 0 })
    .where(
      and(
        eq(uploads.status, 'failed'),
        isNotNull(uploads.bytes),
        sql`${uploads.updatedAt} < now() - make_interval(secs => ${keepFailedS})`,
      ),
    )
}

function ours(job: ClaimedUpload): SQL | undefined {
  return and(
    eq(uploads.tenantId, job.tenantId),
    eq(uploads.documentId, job.documentId),
    eq(uploads.id, job.id),
    eq(uploads.claim, job.claim),
  )
}

function fromNow(ms: number): SQL {
  return sql`now() + make_interval(secs => ${ms / 1000})`
}
