import { eq, sql } from 'drizzle-orm'
import type { Logger } from 'pino'
import { type Clock, systemClock } from '../../clock.ts'
import type { Db } from '../../db/connect.ts'
import type { TenantStore, VectorStore } from '../../stores/store.ts'
import type { MoveRow } from '../state/move-history.ts'
import { moves } from '../state/moves.sql.ts'
import { readMoving } from '../state/read-places.ts'
import { metricBetween } from '../transform/metric-change.ts'
import { transformBetween } from '../transform/transform-between.ts'
import { compare } from './compare.ts'
import { rangeSizeFor } from './range-digests.ts'
import { matchOf, type RecordMatch } from './record-match.ts'

export interface VerifyAgainDeps {
  readonly db: Db
  /** As slow as movers are: neighbours keep their rates. */
  readonly stores: Pick<VectorStore, 'open'>
  readonly log: Pick<Logger, 'warn'>
  readonly settings: { readonly storeVisibleMs: number; readonly verifyAgainMs?: number | undefined }
  readonly clock?: Clock
}

/** Shortest time between two comparisons of a move. */
const verifyAgainMs = 3_600_000
/** A comparison takes at most one part in so many of the time, however large the tenant is. */
const budgetShare = 20
/** Time between two comparisons, by how long the last one took. */
export function intervalOf(tookMs: number): number {
  return Math.max(verifyAgainMs, tookMs * budgetShare)
}

/** Time that a replica keeps a move for one comparison; a dead one's move waits for its end. */
const claimS = 6 * 3_600
const fetchedAtOnce = 100

/**
 * Compares once more the two places of the move that was verified longest ago, among those that soak and those that were
 * paused after their comparison. It reads and repairs nothing: records in the change log are the mover's, and whatever
 * else differs is shown with the move and logged.
 *
 * @returns whether there was one.
 */
export async function verifyAgain(deps: VerifyAgainDeps, signal: AbortSignal): Promise<boolean> {
  const { db, clock = systemClock, settings } = deps
  const move = await claim(db, settings.verifyAgainMs ?? verifyAgainMs)
  if (move === undefined) return false
  try {
    const routing = await readMoving(db, move)
    const begunAtMs = clock.now()
    const [active, follower] = [deps.stores.open(routing.active), deps.stores.open(routing.follower)]
    const transform = await transformBetween({ db, move }, routing.active, routing.follower)
    const match = matchOf(transform, metricBetween(move, routing.active, routing.follower))
    const found = await compare(active, follower, { signal, match, rangeSize: rangeSizeFor(move.total ?? 0) })
    const odd = await untouched(db, move, [...found.toPut, ...found.toDelete])
    if (odd.length > 0) await clock.sleep(settings.storeVisibleMs, signal)
    const different = await untouched(db, move, await stillDifferent(active, follower, odd, match, signal))
    if ((await readMoving(db, move)).epoch !== routing.epoch) return true
    const took = Math.round(clock.now() - begunAtMs)
    const again = {
      at: new Date(clock.epochMs()).toISOString(),
      records: found.sourceRecords,
      different: different.length,
      tookMs: took,
    }
    await db.update(moves).set({ verifiedAgain: again }).where(eq(moves.id, move.id))
    if (different.length > 0) {
      const detail = { moveId: move.id, tenantId: move.tenantId, records: different.length }
      deps.log.warn(detail, 'the places of a move differ in records that nobody wrote')
    }
  } finally {
    await db.update(moves).set({ verifyUntil: null }).where(eq(moves.id, move.id))
  }
  return true
}

async function claim(db: Db, everyMs: number): Promise<MoveRow | undefined> {
  const last = sql`coalesce((q.verified_again->>'at')::timestamptz, (q.verification->>'verifiedAt')::timestamptz)`
  const restMs = sql`greatest(${everyMs}::float8, coalesce((q.verified_again->>'tookMs')::float8, 0) * ${budgetShare}::float8)`
  const next = sql`(select q.id from moves q where q.ended_at is null and q.verification is not null and q.request is null
    and (q.state = 'soaking' or (q.state = 'paused' and q.paused_state = 'fencing'))
    and (q.verify_until is null or q.verify_until < now())
    and ${last} < now() - make_interval(secs => ${restMs} / 1000)
    order by ${last} limit 1 for update skip locked)`
  const [row] = await db
    .update(moves)
    .set({ verifyUntil: sql`now() + make_interval(secs => ${claimS})` })
    .where(sql`${moves.id} = ${next}`)
    .returning()
  return row
}

/** Those of the ids without a row in the change log. */
async function untouched(db: Db, move: MoveRow, ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) return []
  const touched = await db.execute<{ id: string }>(sql`
    select record_id as id from dirty where move_id = ${move.id} and record_id = any(${sql.param([...ids])}::text[])`)
  return [...new Set(ids).difference(new Set([...touched].map(({ id }) => id)))]
}

async function stillDifferent(
  active: TenantStore,
  follower: TenantStore,
  ids: readonly string[],
  match: RecordMatch,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const different: string[] = []
  for (let from = 0; from < ids.length; from += fetchedAtOnce) {
    const some = ids.slice(from, from + fetchedAtOnce)
    const [here, there] = [await active.fetch(some, { signal }), await follower.fetch(some, { signal })]
    for (const id of some) {
      const [one, other] = [here.records.get(id), there.records.get(id)]
      const isSame = one === undefined || other === undefined ? one === other : match.isCopy(one, other)
      if (!isSame) different.push(id)
    }
  }
  return different
}
