import { randomUUID } from 'node:crypto'
import { and, eq, isNotNull, type SQL, sql } from 'drizzle-orm'
import type { Db, Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { type UploadReason, type UploadStatus, uploads } from '../uploads.sql.ts'

/** An upload claimed by this worker until its lease expires. */
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
  /** See `NewUpload`. */
  readonly traceparent: string | null
  /** The sender's groups, which decide what it may replace; null for all of the tenant's. */
  readonly writerGroups: readonly string[] | null
  /** Includes this attempt. */
  readonly attempts: number
}

export interface ClaimUploadOptions {
  readonly leaseMs: number
  /** Tenants that already have their share of this caller's slots. */
  readonly except: readonly TenantId[]
}

/**
 * Claims the upload whose turn it is, or one whose holder died. Only for active tenants in the life the upload was sent
 * in: uploads of a suspended tenant wait, and `sweepUploads` drops those of an ended one.
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
      status: 'parsing',
      claim,
      runAt: fromNow(options.leaseMs),
      updatedAt: sql`now()`,
      attempts: sql`${uploads.attempts} + 1`,
    })
    .where(sql`(${uploads.tenantId}, ${uploads.documentId}) = ${next}`)
    .returning()
  if (row === undefined) return undefined
  if (row.bytes === null) throw new Error(`upload ${row.id} has no bytes`)
  return { ...row, bytes: row.bytes, claim }
}

/** Transitions of a claim; every change requires the claim. */
export interface UploadClaimEnds {
  /** Extends the claim; false when it is lost. */
  renew(job: ClaimedUpload, leaseMs: number): Promise<boolean>
  /** Records progress; false when the claim is lost. */
  reach(job: ClaimedUpload, status: UploadStatus): Promise<boolean>
  /** The document is stored: removes the upload. */
  done(job: ClaimedUpload): Promise<void>
  /** Schedules another attempt after `delayMs`. Without a reason the attempt does not count. */
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

/** Time that a failed upload's file is kept for a retry. */
const keepFailedS = 24 * 3600

/** Drops uploads of ended tenants, and files of uploads that failed long ago. */
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
