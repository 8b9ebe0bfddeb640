import { sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { Gate, Waiting } from '../state/gate.ts'
import type { MoveRow } from '../state/move-history.ts'
import { isEnded } from '../state/move-state.ts'
import { queueReason } from '../state/queue.ts'
import { moverSlots } from '../state/queue-limits.ts'
import { stoppedGate } from './stop-for-person.ts'

/**
 * The present gate of a move. A gate that a mover recorded holds while a mover works on it, or until its next try. A
 * move without a mover waits for its turn, or for a mover, which only a look can tell.
 */
export async function gateNow(tx: Tx, row: MoveRow): Promise<Waiting | null> {
  if (isEnded(row.state)) return null
  if (row.stopped !== null) return seen(stoppedGate(row, row.stopped), new Date(row.stopped.at))
  if (row.state === 'paused') return seen({ kind: 'paused' }, row.updatedAt)
  const { isCarried, isPutOff, now } = await claimOf(tx, row)
  if (isCarried || isPutOff) return row.waiting
  if (row.state === 'soaking' && row.request === null && (row.retainUntil ?? now) > now) return row.waiting
  // It is free for any mover, and has none.
  const gate = (row.request === null ? await queueReason(tx, row) : undefined) ?? (await withoutMover(tx, row))
  return gate === undefined ? row.waiting : seen(gate, row.updatedAt)
}

async function claimOf(tx: Tx, row: MoveRow): Promise<{ isCarried: boolean; isPutOff: boolean; now: Date }> {
  const [claim] = await tx.execute<{ carried: boolean | null; off: boolean | null; now: Date | string }>(sql`
    select mover_lease_until > now() as carried, not_before > now() as off, now() as now from moves where id = ${row.id}`)
  return {
    isCarried: claim?.carried === true,
    isPutOff: claim?.off === true,
    now: new Date(claim?.now ?? 0),
  }
}

/** Whether every mover's slots are full; undefined when one will take this move now. */
async function withoutMover(tx: Tx, row: MoveRow): Promise<Gate | undefined> {
  const [found] = await tx.execute<{ replicas: number; busy: number; before: number; one: string | null }>(sql`
    select (select count(*)::int from sessions where expires_at > now()) as replicas,
      (count(*) filter (where mover_lease_until > now() and (state <> 'soaking' or request is not null)))::int as busy,
      (count(*) filter (where mover_lease_until is null and created_at < ${row.createdAt.toISOString()}::timestamptz
        and state not in ('paused', 'soaking')))::int as before
    from moves where ended_at is null and id <> ${row.id}`)
  if (found === undefined) return undefined
  const { replicas, busy, before } = found
  if (busy > 0 && busy >= replicas * moverSlots) return { kind: 'movers_busy', count: busy, queuedBefore: before }
  return replicas === 0 ? { kind: 'no_mover' } : undefined
}

function seen(gate: Gate, since: Date): Waiting {
  return { gate, since: since.toISOString(), tries: 1, nextTryAt: null }
}
