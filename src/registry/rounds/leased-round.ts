import { randomUUID } from 'node:crypto'
import { and, eq, type SQL, sql } from 'drizzle-orm'
import { type Clock, systemClock } from '../../clock.ts'
import type { Tx } from '../../db/connect.ts'
import { roundLeases } from './round-leases.sql.ts'

export interface LeasedRound {
  readonly db: Tx
  /** Its name: of all replicas, one at a time runs it. */
  readonly name: 'losses' | 'policy' | 'sweep'
  /** Fires when the process stops. */
  readonly signal: AbortSignal
  /** How long a dead replica's round keeps others from theirs. Default 30 s. */
  readonly leaseMs?: number
  readonly clock?: Pick<Clock, 'every' | 'now'>
}

/**
 * Runs a round under a lease in Postgres, and nothing while another replica runs it. The round may ask the store for as
 * long as that takes: no transaction, and no connection, is held meanwhile.
 *
 * @param work its signal also fires when the lease was lost: nothing may be sent after that
 * @returns what the work returns; undefined when another replica has the lease
 */
export async function runLeasedRound<T>(
  { db, name, signal, leaseMs = 30_000, clock = systemClock }: LeasedRound,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const lease = { name, holder: randomUUID(), until: sql`clock_timestamp() + ${leaseMs} * interval '1 millisecond'` }
  const claimedAt = clock.now()
  if (!(await claim(db, lease))) return undefined
  const lost = new AbortController()
  const lose = () => lost.abort(new Error(`the lease of the round "${name}" was lost`))
  // Shorter than the row says, by this process's clock.
  const holdsMs = leaseMs * 0.9
  let heldUntil = claimedAt + holdsMs
  const renewal = clock.every(leaseMs / 6, () => {
    const askedAt = clock.now()
    if (askedAt >= heldUntil) return lose()
    const note = (isMine: boolean) => {
      if (isMine) heldUntil = askedAt + holdsMs
      else lose()
    }
    // After a fault the next renewal tries again, for as long as the lease holds.
    void renew(db, lease).then(note, () => undefined)
  })
  try {
    return await work(AbortSignal.any([signal, lost.signal]))
  } finally {
    renewal.stop()
    // Without Postgres the lease ends in its time.
    await db
      .delete(roundLeases)
      .where(isHeld(lease))
      .catch(() => undefined)
  }
}

interface Lease {
  readonly name: string
  readonly holder: string
  readonly until: SQL
}

const isHeld = ({ name, holder }: Lease) => and(eq(roundLeases.name, name), eq(roundLeases.holder, holder))

/** Takes a lease that nobody holds. */
async function claim(db: Tx, lease: Lease): Promise<boolean> {
  const { holder, until } = lease
  const claimed = await db
    .insert(roundLeases)
    .values(lease)
    .onConflictDoUpdate({
      target: roundLeases.name,
      set: { holder, until },
      setWhere: sql`${roundLeases.until} < clock_timestamp()`,
    })
    .returning({ name: roundLeases.name })
  return claimed.length > 0
}

/** Extends a lease that is still the holder's; it makes none anew, for it may come after the round's end. */
async function renew(db: Tx, lease: Lease): Promise<boolean> {
  const { until } = lease
  const renewed = await db.update(roundLeases).set({ until }).where(isHeld(lease)).returning({ name: roundLeases.name })
  return renewed.length > 0
}
