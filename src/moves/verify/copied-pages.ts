import { setImmediate } from 'node:timers/promises'
import { and, asc, eq, gt, gte } from 'drizzle-orm'
import type { Db, Tx } from '../../db/connect.ts'
import { type Batch, idsPerPage } from '../copy/read-ahead.ts'
import type { MoveRow } from '../state/move-history.ts'
import { copiedPages } from './copied-pages.sql.ts'
import { digestRecord } from './digest.ts'
import { digestPage } from './digests-of-many.ts'

/** Consecutive records of a place, as the copy read them and put them into the other. */
export interface CopiedPage {
  readonly firstId: string
  readonly lastId: string
  readonly records: number
  readonly digest: string
}

const rowsAtOnce = 1000

/** Whether a copy is equal bit by bit, so that the digest of one place's records is that of the other's. */
export function isBitByBit({
  transform,
  metric,
}: {
  readonly transform?: unknown
  readonly metric?: unknown
}): boolean {
  return transform === undefined && metric === undefined
}

/**
 * Digests of the pages of some batches that were put whole. A page with a record that was gone, or that the change log
 * has, is left out: the comparison reads it from both places.
 * @param put the ids that were put.
 */
export async function digestPages(
  batches: readonly { readonly batch: Batch }[],
  put: ReadonlySet<string>,
): Promise<readonly CopiedPage[]> {
  const pages: CopiedPage[] = []
  for (const { batch } of batches) {
    for (let from = 0; from < batch.ids.length; from += idsPerPage) {
      // Digests take time, and this process has requests to serve.
      if (from > 0) await setImmediate()
      const page = pageOf(batch.ids.slice(from, from + idsPerPage), batch.records, put)
      if (page !== undefined) pages.push(page)
    }
  }
  return pages
}

function pageOf(ids: readonly string[], records: Batch['records'], put: ReadonlySet<string>): CopiedPage | undefined {
  const [firstId, lastId] = [ids.at(0), ids.at(-1)]
  const read = ids.flatMap((id) => (put.has(id) ? (records.get(id) ?? []) : []))
  if (firstId === undefined || lastId === undefined || read.length < ids.length) return undefined
  return { firstId, lastId, records: ids.length, digest: digestPage(read.map(digestRecord)) }
}

/** Keeps pages in the transaction that moves the copy's position past them. */
export async function keepPages(tx: Tx, { id: moveId }: MoveRow, pages: readonly CopiedPage[]): Promise<void> {
  if (pages.length === 0) return
  await tx.insert(copiedPages).values(pages.map((page) => ({ moveId, ...page })))
}

/** The kept pages of a move that begin after an id, or else at a prefix, in the order of listings. */
export async function* readPages(
  db: Db,
  { id: moveId }: MoveRow,
  afterId: string | undefined,
  prefix = '',
): AsyncGenerator<CopiedPage, undefined> {
  const { firstId, lastId, records, digest } = copiedPages
  for (let beyond = afterId === undefined ? gte(firstId, prefix) : gt(firstId, afterId); ; ) {
    const rows = await db
      .select({ firstId, lastId, records, digest })
      .from(copiedPages)
      .where(and(eq(copiedPages.moveId, moveId), beyond))
      .orderBy(asc(firstId))
      .limit(rowsAtOnce)
    yield* rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < rowsAtOnce) return undefined
    beyond = gt(firstId, last.firstId)
  }
}

/** Forgets them: the comparison is done, or the move has ended. */
export async function dropPages(tx: Tx, { id }: MoveRow): Promise<void> {
  await tx.delete(copiedPages).where(eq(copiedPages.moveId, id))
}
