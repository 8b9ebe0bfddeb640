import { lt, sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import { sessions } from '../registry/routing.sql.ts'

export interface BarrierState {
  /** Living replicas that may still have a write under way that began before the tick. */
  readonly behind: number
  /** For how long a write that got no answer may still land, of the living and of those that died; 0 when none can. */
  readonly doubtMs: number
}

/**
 * Barrier(tick) of docs/moves.md section 2. A replica whose lease ran out is not waited for, but what it may have sent
 * last is: until `storeInDoubtMs` after its lease.
 */
export async function readBarrier(tx: Tx, tick: number, storeInDoubtMs: number): Promise<BarrierState> {
  const inDoubt = sql`make_interval(secs => ${storeInDoubtMs / 1000})`
  const [row] = await tx
    .select({
      behind: sql<number>`count(*) filter (where expires_at > now() and applied < ${tick})::int`,
      doubtMs: sql<number>`coalesce(ceil(extract(epoch from max(greatest(
        doubt_until,
        case when expires_at <= now() and applied < ${tick} then expires_at + ${inDoubt} end
      ) - now())) * 1000), 0)::int`,
    })
    .from(sessions)
  if (row === undefined) throw new Error('an aggregate always has a row')
  return { behind: row.behind, doubtMs: Math.max(0, row.doubtMs) }
}

/**
 * For how long a replica whose lease ran out may still answer reads by what it saw before `tick`, in ms: it may do so for
 * `staleReadsMs` after its lease (`REGISTRY_OUTAGE_READS`).
 */
export async function readCutOff(tx: Tx, tick: number, staleReadsMs: number): Promise<number> {
  const end = sql`max(expires_at) filter (where expires_at <= now() and applied < ${tick})`
  const [row] = await tx
    .select({ ms: sql<number>`coalesce(ceil(extract(epoch from ${end} - now()) * 1000 + ${staleReadsMs}), 0)::int` })
    .from(sessions)
  return Math.max(0, row?.ms ?? 0)
}

/** Forgets sessions that can matter to no barrier any more. */
export async function forgetDeadSessions(tx: Tx): Promise<void> {
  await tx.delete(sessions).where(lt(sessions.expiresAt, sql`now() - interval '1 day'`))
}
