import type { StaffPrincipal } from '../auth/principal.ts'
import { isTime, type Page, pageOf, readCursor } from '../cursor.ts'
import type { Db } from '../db/connect.ts'
import { AppError } from '../errors.ts'
import { appendAudit } from '../registry/audit/audit.ts'
import type { DeliveryState } from '../registry/notices/notices.sql.ts'
import { listNoticeRows, type NoticeRow, sendAgain } from '../registry/notices/notices.ts'

interface Deps {
  readonly db: Db
}

/**
 * Events of the last 30 days with their deliveries, newest first, a page at a time.
 * @param state only events with a delivery in this state.
 * @throws AppError `invalid_request` for a cursor that no earlier page returned
 */
export async function listNotices(
  { db }: Deps,
  query: { readonly state?: DeliveryState | undefined; readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<NoticeRow>> {
  const { state, limit, cursor } = query
  const before = readCursor('notices', cursor, readNoticeKey)
  const rows = await listNoticeRows(db, { state, before, limit: limit + 1 })
  return pageOf('notices', rows, limit, ({ at, id }) => `${at}/${id}`)
}

/** Sends an event to all of its hooks again, as the same event. @throws AppError `not_found` */
export async function resendNotice({ db }: Deps, actor: StaffPrincipal, id: string): Promise<NoticeRow> {
  await db.transaction(async (tx) => {
    if ((await sendAgain(tx, id)) === 0) throw new AppError('not_found', 'There is no such event, or no hook takes it.')
    await appendAudit(tx, [{ actor, action: 'notice.resend', detail: { notice: id } }])
  })
  const [row] = await listNoticeRows(db, { id, before: undefined, limit: 1 })
  if (row === undefined) throw new AppError('not_found', 'There is no such event.')
  return row
}

function readNoticeKey(text: string): { at: string; id: string } | undefined {
  const [at = '', id = ''] = text.split('/')
  return isTime(at) && /^msg_[0-9a-f-]{36}$/.test(id) ? { at, id } : undefined
}
