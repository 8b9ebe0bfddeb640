import { sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { type Barrier, isBehind } from '../../routing/barrier.ts'
import type { Gate } from '../state/gate.ts'
import type { MoveRow } from '../state/move-history.ts'

/** A culprit behind a gate: one record, its writer's session, and a deadline. */
interface Culprit {
  readonly record: string
  readonly replica: string | null
  readonly until: Date | string | null
}

/**
 * Names the culprit of a gate: the record, the replica that writes it or does not answer, the lagging index, and the
 * wait's own end. Unknown fields are left out.
 */
export async function detailGate(tx: Tx, move: MoveRow, gate: Gate): Promise<Gate> {
  if (gate.because !== undefined) return { ...gate, because: await detailGate(tx, move, gate.because) }
  switch (gate.kind) {
    case 'replicas_behind':
      return { ...gate, ...(await replicaOf(tx, move, sql`expires_at > now()`)), ...(await writeBehind(tx, move)) }
    case 'stale_reader':
      return { ...gate, ...(await replicaOf(tx, move, sql`expires_at <= now()`)) }
    case 'write_in_doubt': {
      const found = await recordOf(tx, move, sql`state = 'inflight' and in_doubt`, sql`deadline`)
      // In ARM the doubt is of a write that no change log has: the replica alone knows of it.
      if (found.record === undefined) return { ...gate, ...(await doubtfulReplica(tx)) }
      return { ...gate, ...found, ...(await indexOf(tx, move, 'active')) }
    }
    case 'write_under_way': {
      const found = await recordOf(tx, move, sql`state = 'inflight' and not in_doubt`, sql`null::timestamptz`)
      return { ...gate, ...found, ...(await indexOf(tx, move, 'active')) }
    }
    case 'target_suspect': {
      const found = await recordOf(tx, move, sql`suspect_until is not null`, sql`suspect_until`)
      return { ...gate, ...found, ...(await indexOf(tx, move, 'follower')) }
    }
    case 'write_unproven': {
      const unsynced = sql`state = 'done' and synced_seq is distinct from seq`
      const { record } = await recordOf(tx, move, unsynced, sql`null::timestamptz`)
      return { ...gate, ...(record !== undefined && { record }), ...(await indexOf(tx, move, 'active')) }
    }
    case 'not_shown_yet':
      return gate.index === undefined ? { ...gate, ...(await indexOf(tx, move, 'follower')) } : gate
    case 'store_late':
    case 'lag_unknown':
    case 'tail_too_long':
      return { ...gate, ...(await indexOf(tx, move, 'active')) }
    case 'batch_under_way':
      return { ...gate, ...(await indexOf(tx, move, 'follower')) }
    default:
      return gate
  }
}

type Fields = Pick<Gate, 'record' | 'replica' | 'until' | 'index'>

/** The first of the records that `where` selects. */
async function recordOf(
  tx: Tx,
  move: MoveRow,
  where: ReturnType<typeof sql>,
  until: ReturnType<typeof sql>,
): Promise<Fields> {
  const [found] = await tx.execute<{ [K in keyof Culprit]: Culprit[K] }>(sql`
    select record_id as record, (select host from sessions where id = dirty.session) as replica, ${until} as until
    from dirty where move_id = ${move.id} and ${where} order by intent_at limit 1`)
  if (found === undefined) return {}
  return {
    record: found.record,
    ...(found.replica !== null && { replica: found.replica }),
    ...(found.until !== null && { until: wholeSeconds(found.until) }),
  }
}

/** A live or dead replica that has not seen the change that the move waits for. */
async function replicaOf(tx: Tx, move: MoveRow, which: ReturnType<typeof sql>): Promise<Fields> {
  const [found] = await tx.execute<{ host: string | null }>(sql`
    select host from sessions where ${which} and ${isBehind(barrierOf(move))} order by expires_at desc limit 1`)
  return found?.host == null ? {} : { replica: found.host }
}

/**
 * The write that keeps a replica from applying the change, if the change log has it: writes from before ARM are not in
 * it.
 */
async function writeBehind(tx: Tx, move: MoveRow): Promise<Fields> {
  const ofIt = sql`state = 'inflight' and not in_doubt
    and session in (select id from sessions where expires_at > now() and ${isBehind(barrierOf(move))})`
  const found = await recordOf(tx, move, ofIt, sql`null::timestamptz`)
  return found.record === undefined ? {} : { ...found, ...(await indexOf(tx, move, 'active')) }
}

async function doubtfulReplica(tx: Tx): Promise<Fields> {
  const [found] = await tx.execute<{ host: string | null }>(sql`
    select host from sessions where doubt_until > now() order by doubt_until desc limit 1`)
  return found?.host == null ? {} : { replica: found.host }
}

async function indexOf(tx: Tx, move: MoveRow, role: 'active' | 'follower'): Promise<Fields> {
  const placeId = sql.raw(`${role}_place_id`)
  const [found] = await tx.execute<{ index: string }>(sql`
    select index_name as index from places where id = (select ${placeId} from routing where tenant_id = ${move.tenantId})`)
  return found === undefined ? {} : { index: found.index }
}

function wholeSeconds(time: Date | string): string {
  return new Date(Math.ceil(new Date(time).getTime() / 1000) * 1000).toISOString()
}

/** The change that the move waits for; no session is behind a change that was never made. */
function barrierOf({ tenantId, barrierTick }: MoveRow): Barrier {
  return { tenantId, tick: barrierTick ?? 0 }
}
