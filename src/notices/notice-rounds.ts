import type { Logger } from 'pino'
import { allLimited } from '../concurrency/each-limited.ts'
import { startRounds } from '../concurrency/rounds.ts'
import type { Db, Tx } from '../db/connect.ts'
import { readChainRows } from '../registry/audit/chain.ts'
import {
  claimDeliveries,
  endAttempt,
  findHappenings,
  forgetOldNotices,
  insertNotices,
  listPooled,
  lockNoticeCursor,
  moveNoticeCursor,
} from '../registry/notices/notices.ts'
import { deliver, nextAttemptInS } from './deliver.ts'
import type { NoticeHook } from './notice-hook.ts'
import { noticesOf } from './notices-of.ts'

export interface NoticeRoundDeps {
  readonly db: Db
  readonly hooks: readonly NoticeHook[]
  readonly log: Pick<Logger, 'warn'>
}

const rowsAtOnce = 500
const deliveriesAtOnce = 16
/** Longer than a delivery takes. */
const leaseS = 60
/** A move that stands this long at one gate is told of. */
const stuckAfterMs = 15 * 60_000

/** Makes events of what happened and sends them, in rounds; of several replicas, each does a part. */
export function startNotices(deps: NoticeRoundDeps, { everyMs }: { readonly everyMs: number }): AsyncDisposable {
  const onFault = (error: unknown) => deps.log.warn({ err: error }, 'notices were not sent')
  return startRounds((signal) => noticeRound(deps, signal), { everyMs, spreadMs: everyMs / 2, first: 'now', onFault })
}

async function noticeRound({ db, hooks, log }: NoticeRoundDeps, signal: AbortSignal): Promise<void> {
  const isMine = await db.transaction((tx) => collect(tx, hooks))
  if (isMine) await forgetOldNotices(db)
  const byName = new Map(hooks.map((hook) => [hook.name, hook]))
  for (;;) {
    const due = await claimDeliveries(db, [...byName.keys()], deliveriesAtOnce, leaseS)
    await allLimited(due, deliveriesAtOnce, async (one) => {
      const hook = byName.get(one.hook)
      if (hook === undefined) return
      const error = await deliver(one, hook, signal)
      const againInS = error === null ? null : nextAttemptInS(one.attempts, error)
      if (error !== null && againInS === null)
        log.warn({ hook: one.hook, notice: one.id, error }, 'a notice was given up')
      await endAttempt(db, one, error, againInS)
    })
    if (due.length < deliveriesAtOnce || signal.aborted) return
  }
}

/** Turns the audit from the cursor on, and happenings beside it, into events. @returns whether this replica did it. */
async function collect(tx: Tx, hooks: readonly NoticeHook[]): Promise<boolean> {
  const position = await lockNoticeCursor(tx)
  if (position === undefined) return false
  const rows = await readChainRows(tx, position, rowsAtOnce)
  const tagged = rows.flatMap(({ action, tenantId }) =>
    action === 'tenant.tag' && tenantId !== null ? [tenantId] : [],
  )
  const pooled = await listPooled(tx, tagged)
  const made = rows.flatMap((row) => noticesOf(row, pooled.has(row.tenantId ?? '')))
  await insertNotices(tx, [...made, ...(await findHappenings(tx, stuckAfterMs))], hooks)
  const last = rows.at(-1)
  if (last !== undefined) await moveNoticeCursor(tx, last.position)
  return true
}
