import { type SQL, sql } from 'drizzle-orm'
import { countedBy } from '../losses/count-places.ts'
import type { StepContext } from '../sync/step.ts'
import type { SyncParts } from '../sync/sync-parts.ts'
import type { ComparedRecords } from '../verify/comparison.ts'

/**
 * Whether the copy's own counter says as many records as the lanes have seen there: nothing was put or deleted since
 * but what a mover carried over when it took the pass over. The counter lags, so it is looked at twice.
 */
export async function isCopySeenWhole(
  context: StepContext,
  { follower }: SyncParts,
  { targetRecords }: Pick<ComparedRecords, 'targetRecords'>,
  since: string,
): Promise<boolean> {
  return looksTwice(context, async () => {
    const counted = await countedBy(follower, context.signal)
    const carriedOver = await countRows(context, sql`synced_at >= ${since}::timestamptz or suspect_until is not null`)
    return counted !== undefined && Math.abs(counted - targetRecords) <= carriedOver
  })
}

/**
 * Whether the counters of both places differ by no more than the change log explains: rows that are open, or were
 * written or carried over within the store's lag. It is asked when the log was carried over and the copy lacked nothing.
 */
export async function isSourceCopiedWhole(
  context: StepContext,
  { active, follower }: Pick<SyncParts, 'active' | 'follower'>,
): Promise<boolean> {
  const { signal, settings } = context
  const lag = sql`make_interval(secs => ${settings.storeVisibleMs / 1000})`
  const explains = sql`verified_seq is distinct from seq or greatest(done_at, synced_at) > clock_timestamp() - ${lag}`
  return looksTwice(context, async () => {
    const [here, there] = await Promise.all([countedBy(active, signal), countedBy(follower, signal)])
    const explained = await countRows(context, explains)
    return here !== undefined && there !== undefined && Math.abs(here - there) <= explained
  })
}

async function looksTwice({ clock, settings, signal }: StepContext, look: () => Promise<boolean>): Promise<boolean> {
  if (await look()) return true
  await clock.sleep(settings.storeVisibleMs, signal)
  return look()
}

async function countRows({ db, move }: StepContext, where: SQL): Promise<number> {
  const [log] = await db.execute<{ rows: number }>(sql`
    select count(*)::int as rows from dirty where move_id = ${move.id} and (${where})`)
  return log?.rows ?? 0
}
