import { and, eq, sql } from 'drizzle-orm'
import type { Db, Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { uploads } from '../uploads.sql.ts'
import { isVisibleTo } from '../visible-to.ts'
import { nextTurn, uploadsChannel } from './enqueue-uploads.ts'
import { findUpload, setWriter, uploadOf } from './uploads.ts'

/** Covers the longest direct write; should its replica die, the upload continues after that. */
const holdS = 900

/**
 * Keeps an upload from being processed during a later write of the same document. It takes one that is being read or
 * embedded from its worker; it cannot take one that is being stored.
 *
 * @param groups of the writer, which limit what may be held; undefined: all of the tenant's.
 * @returns its id, for `dropUploads` or `releaseUpload`; `storing`; `hidden` from the groups; undefined: there is none.
 */
export async function holdUpload(
  db: Db,
  tenantId: TenantId,
  documentId: string,
  groups?: readonly string[],
): Promise<string | 'storing' | 'hidden' | undefined> {
  // Nearly always there is none, and no transaction is needed to see that.
  if ((await findUpload(db, tenantId, documentId)) === undefined) return undefined
  return db.transaction(async (tx) => {
    const [row] = await tx
      .select({
        id: uploads.id,
        status: uploads.status,
        visibility: uploads.visibility,
        live: sql<boolean>`${uploads.runAt} > now()`,
      })
      .from(uploads)
      .where(uploadOf(tenantId, documentId))
      .for('update')
    if (row === undefined) return undefined
    if (!isVisibleTo(row.visibility, groups)) return 'hidden'
    if (row.status === 'storing' && row.live) return 'storing'
    if (row.status === 'failed') return row.id
    await tx
      .update(uploads)
      .set({ status: 'queued', claim: null, runAt: sql`now() + make_interval(secs => ${holdS})` })
      .where(and(uploadOf(tenantId, documentId), eq(uploads.id, row.id)))
    return row.id
  })
}

/** Resumes the upload: the later write failed. */
export async function releaseUpload(db: Tx, tenantId: TenantId, id: string): Promise<void> {
  await db
    .update(uploads)
    .set({ runAt: sql`now()` })
    .where(and(eq(uploads.tenantId, tenantId), eq(uploads.id, id), eq(uploads.status, 'queued')))
}

/**
 * Restarts a failed upload, or retries a waiting one at once.
 * @param groups the caller's, which decide what the upload may replace; undefined for all of the tenant's.
 * @returns false when its file is no longer kept and has to be sent again.
 */
export function restartUpload(
  db: Db,
  tenantId: TenantId,
  id: string,
  groups: readonly string[] | undefined,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    await setWriter(tx, tenantId, id, groups)
    const mine = and(eq(uploads.tenantId, tenantId), eq(uploads.id, id))
    const turn = await nextTurn(tx, tenantId)
    await tx
      .update(uploads)
      .set({ status: 'queued', attempts: 0, turn, runAt: sql`now()`, updatedAt: sql`now()` })
      .where(and(mine, eq(uploads.status, 'failed'), sql`${uploads.bytes} is not null`))
    await tx
      .update(uploads)
      .set({ runAt: sql`now()` })
      .where(and(mine, eq(uploads.status, 'queued'), sql`${uploads.reason} is not null`))
    const [row] = await tx.select({ status: uploads.status }).from(uploads).where(mine)
    await tx.execute(sql`select pg_notify(${uploadsChannel}, '')`)
    return row?.status !== 'failed'
  })
}
