import { and, eq, sql } from 'drizzle-orm'
import type { Db, Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { uploads } from '../uploads.sql.ts'
import { isVisibleTo } from '../visible-to.ts'
import { nextTurn, uploadsChannel } from './enqueue-uploads.ts'
import { findUpload, uploadOf } from './uploads.ts'

/** Long enough for the longest direct write; should its replica die, the upload goes on after that. */
const holdS = 900

/**
 * Keeps an upload from being worked on while a later write of the same document is under way. One that is being read or
 * embedded is taken from its worker; one that is being stored can't be.
 *
 * @param groups who writes, where that decides what may be held; undefined: all of the tenant's.
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

/** The later write came to nothing: the upload goes on. */
export async function releaseUpload(db: Tx, tenantId: TenantId, id: string): Promise<void> {
  await db
    .update(uploads)
    .set({ runAt: sql`now()` })
    .where(and(eq(uploads.tenantId, tenantId), eq(uploads.id, id), eq(uploads.status, 'queued')))
}

/**
 * Begins an upload that failed anew, or tries one that waits for its next attempt at once.
 * @returns false: its file is not kept any more, and has to be sent again.
 */
export function restartUpload(db: Db, tenantId: TenantId, id: string): Promise<boolean> {
  return db.transaction(async (tx) => {
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
