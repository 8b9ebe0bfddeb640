import { lt, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { sessions } from '../registry/routing.sql.ts'

/** A change of a tenant's routing that every replica has to apply. */
export interface Barrier {
  readonly tenantId: TenantId
  readonly tick: number
}

export interface BarrierState {
  /** Live replicas that may still have a write under way from before the tick. */
  readonly behind: number
  /** Time in which an unanswered write may still land, of live and dead replicas; 0 when none can. */
  readonly doubtMs: number
}

/**
 * Selects sessions that may still have a write of the tenant under way from before the tick; other tenants' writes do
 * not matter.
 */
export function isBehind({ tenantId, tick }: Barrier): SQL {
  return sql`greatest(applied, coalesce((draining->>${tenantId}::text)::bigint, retired)) < ${tick}`
}

/**
 * Barrier(t, n) of docs/moves.md section 2. It does not wait for a replica with an expired lease, but for that
 * replica's last requests: until `storeInDoubtMs` after its lease.
 */
export async function readBarrier(tx: Tx, barrier: Barrier, storeInDoubtMs: number): Promise<BarrierState> {
  const inDoubt = sql`make_interval(secs => ${storeInDoubtMs / 1000})`
  const [row] = await tx
    .select({
      behind: sql<number>`count(*) filter (where expires_at > now() and ${isBehind(barrier)})::int`,
      doubtMs: sql<number>`coalesce(ceil(extract(epoch from max(greatest(
        doubt_until,
        case when expires_at <= now() and ${isBehind(barrier)} then expires_at + ${inDoubt} end
      ) - now())) * 1000), 0)::int`,
    })
    .from(sessions)
  if (row === undefined) throw new Error('an aggregate always has a row')
  return { behind: row.behind, doubtMs: Math.max(0, row.doubtMs) }
}

/**
 * Milliseconds in which a replica with an expired lease may still answer reads from before the tick: it may do so for
 * `staleReadsMs` after its lease (`REGISTRY_OUTAGE_READS`).
 */
export async function readCutOff(tx: Tx, barrier: Barrier, staleReadsMs: number): Promise<number> {
  const end = sql`max(expires_at) filter (where expires_at <= now() and ${isBehind(barrier)})`
  const [row] = await tx
    .select({ ms: sql<number>`coalesce(ceil(extract(epoch from ${end} - now()) * 1000 + ${staleReadsMs}), 0)::int` })
    .from(sessions)
  return Math.max(0, row?.ms ?? 0)
}

/** Deletes sessions that no barrier needs any more. */
export async function forgetDeadSessions(tx: Tx): Promise<void> {
  await tx.delete(sessions).where(lt(sessions.expiresAt, sql`now() - interval '1 day'`))
}

/** The replicas' sessions, as moves see them. */
export interface SessionNumbers {
  /** Sessions whose lease holds: replicas that serve. */
  readonly live: number
  /** Live sessions that have not yet applied what another one has. */
  readonly behind: number
  /** Seconds in which a store write without an answer may still land; 0 when there is none. */
  readonly doubtS: number
}

export async function countSessions(db: Tx): Promise<SessionNumbers> {
  const isLive = sql`expires_at > now()`
  const [row] = await db
    .select({
      live: sql<number>`(count(*) filter (where ${isLive}))::int`,
      behind: sql<number>`(count(*) filter (where ${isLive} and applied < (select max(applied) from sessions)))::int`,
      doubtS: sql<number>`coalesce(greatest(0, extract(epoch from max(doubt_until) - now())), 0)::float8`,
    })
    .from(sessions)
  return row ?? { live: 0, behind: 0, doubtS: 0 }
}
