import { eq, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/connect.ts'
import type { MoveRow } from '../state/move-history.ts'
import { moves } from '../state/moves.sql.ts'
import { hasTurn } from '../state/queue.ts'

export interface ClaimMoveOptions {
  readonly leaseMs: number
  /** The claiming replica's host name, so that operators can find it. */
  readonly host: string
}

/** Moves without a mover that are not resting, of tenants that are not held after a restore. */
const isFree = sql`ended_at is null
  and (mover_lease_until is null or mover_lease_until < now())
  and (not_before is null or not_before <= now())
  and not exists (select from tenants where tenants.id = tenant_id and tenants.status = 'held')`

/**
 * Claims the oldest move with work and without a live mover, under a new token, except those that only soak. The last
 * mover's claimed ids stay in the row: the step that continues must treat them as suspect.
 */
export function claimMove(db: Db, options: ClaimMoveOptions): Promise<MoveRow | undefined> {
  const next = sql`
    select id from moves q
    where ${isFree}
      and (state <> 'soaking' or request is not null or retain_until <= now())
      and stopped is null
      and state <> 'paused'
      and ${hasTurn()}
    order by created_at limit 1 for update skip locked`
  return take(db, next, options)
}

/**
 * Claims the soaking move with writes to copy back that was looked at longest ago: all of them get their turn, however
 * much one has to do.
 */
export function claimSoakingMove(db: Db, options: ClaimMoveOptions): Promise<MoveRow | undefined> {
  const next = sql`
    select id from moves q
    where ${isFree}
      and state = 'soaking' and request is null and (retain_until > now() or stopped is not null)
      and (stopped is null or stopped->>'step' <> 'soak')
      and exists (select 1 from dirty where move_id = q.id and synced_seq is distinct from seq)
    order by not_before nulls first, created_at limit 1 for update skip locked`
  return take(db, next, options)
}

async function take(db: Db, next: SQL, { leaseMs, host }: ClaimMoveOptions): Promise<MoveRow | undefined> {
  const [claimed] = await db.execute<{ id: string; token: string }>(sql`
    update moves set mover_token = mover_token + 1, mover_host = ${host},
      mover_lease_until = now() + make_interval(secs => ${leaseMs / 1000})
    where id = (${next})
    returning id, mover_token as token`)
  if (claimed === undefined) return undefined
  const move = await readMove(db, claimed.id)
  // A mover that stood still in between may have lost it again, and must not take the next one's token for its own.
  return move?.moverToken === Number(claimed.token) ? move : undefined
}

/** @returns false when another mover has taken over. */
export async function renewClaim(db: Db, move: MoveRow, leaseMs: number): Promise<boolean> {
  const renewed = await db
    .update(moves)
    .set({ moverLeaseUntil: sql`now() + make_interval(secs => ${leaseMs / 1000})` })
    .where(sql`${moves.id} = ${move.id} and ${moves.moverToken} = ${move.moverToken}`)
    .returning({ id: moves.id })
  return renewed.length === 1
}

/** Releases the move to any mover, at once or after `notBeforeMs`. */
export async function releaseClaim(db: Db, move: MoveRow, notBeforeMs = 0): Promise<void> {
  await db
    .update(moves)
    .set({
      moverLeaseUntil: null,
      notBefore: notBeforeMs === 0 ? null : sql`now() + make_interval(secs => ${notBeforeMs / 1000})`,
    })
    .where(sql`${moves.id} = ${move.id} and ${moves.moverToken} = ${move.moverToken}`)
}

export async function readMove(db: Db, id: string): Promise<MoveRow | undefined> {
  const [row] = await db.select().from(moves).where(eq(moves.id, id))
  return row
}
