import { eq, sql } from 'drizzle-orm'
import type { Db } from '../db/connect.ts'
import type { MoveRow } from './journal.ts'
import { moves } from './moves.sql.ts'
import { hasTurn } from './queue.ts'

export interface ClaimOptions {
  readonly leaseMs: number
}

/**
 * Takes the oldest move that has something to do and no living mover, under a new token. What the last mover
 * had claimed is left in the row: the step that goes on has to take it as suspect.
 */
export async function claimMove(db: Db, options: ClaimOptions): Promise<MoveRow | undefined> {
  const [claimed] = await db.execute<{ id: string; token: string }>(sql`
    update moves set
      mover_token = mover_token + 1,
      mover_lease_until = now() + make_interval(secs => ${options.leaseMs / 1000})
    where id = (
      select id from moves q
      where ended_at is null
        and (mover_lease_until is null or mover_lease_until < now())
        and (not_before is null or not_before <= now())
        and (state <> 'soaking' or request is not null or retain_until <= now() or exists (
          select 1 from dirty where move_id = q.id and synced_seq is distinct from seq))
        and state <> 'paused'
        and ${hasTurn()}
      order by created_at limit 1 for update skip locked)
    returning id, mover_token as token`)
  if (claimed === undefined) return undefined
  const move = await readMove(db, claimed.id)
  // Who stood still in between may have lost it again, and must not take the next one's token for its own.
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

/** Lets any mover take the move at once, or after `notBeforeMs`. */
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
