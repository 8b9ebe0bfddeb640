import { type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { lockProject } from '../../registry/indexes.ts'
import { freezingRun } from '../../registry/isolation/isolation-runs.ts'
import { isFrozenPlace } from '../../registry/watch/place-watch.ts'
import type { Gate } from './gate.ts'
import type { MoveRow } from './move-history.ts'
import { type MoveLimits, moveLimits } from './queue-limits.ts'
import { readPlaces } from './read-places.ts'

/**
 * States in which moves work on their indexes. A move that soaks, is paused or only deletes costs the neighbours
 * little.
 */
const working = sql.raw(`('preparing', 'arming', 'copying', 'verifying', 'fencing', 'switching', 'rolling_back')`)

/** States of index work that may wait; a cutover and the states after it always go on. */
const waiting = sql.raw(`('queued', 'preparing', 'arming', 'copying', 'verifying', 'fencing')`)

/**
 * Working moves in the project of the move `q`, and those of them that share an index with it: moves with a mover, and
 * older ones that continue as soon as one claims them. A stuck move that gave its turn up does not count until its
 * next try.
 */
const load = sql`
  select count(*)::int as in_project,
    (count(*) filter (where qs.index_id in (ws.index_id, wt.index_id)
      or q.wanted_index_id in (ws.index_id, wt.index_id, w.wanted_index_id)))::int as in_index
  from moves w
    join places ws on ws.id = w.source_place_id
    left join places wt on wt.id = w.target_place_id
    join places qs on qs.id = q.source_place_id
  where w.id <> q.id and qs.project in (ws.project, wt.project) and (
    (w.state in ${working} and w.mover_lease_until > now())
    or (w.created_at < q.created_at and (
      (w.state in ${working} and (w.not_before is null or w.not_before <= now()))
      or (w.state = 'queued' and w.mover_lease_until > now()))))`

/** Whether the move `q` is queued and may not begin: a move under way goes on, whatever freezes the others. */
const isFrozen = sql`(q.state = 'queued' and (${freezingRun} is not null or ${isFrozenPlace(sql`q.source_place_id`)}))`

/** For a claim: the row of `moves` that the surrounding statement calls `q` has its turn, or needs none. */
export function hasTurn(limits: MoveLimits = moveLimits): SQL {
  return sql`(q.state not in ${waiting} or q.request is not null or not ${isFrozen} and exists (
    select 1 from (${load}) as load
    where load.in_project < ${limits.perProject} and load.in_index < ${limits.perIndex}))`
}

/**
 * Checks the turn of a queued move. It holds the project's lock until the transaction ends, so that two concurrent
 * checks cannot both pass the limit.
 * @returns its gate, or undefined when it may begin.
 */
export async function waitsForTurn(tx: Tx, row: MoveRow): Promise<Gate | undefined> {
  const { source } = await readPlaces(tx, row)
  await lockProject(tx, source.place.project)
  return queueReason(tx, row)
}

/** The gate of a queued move; undefined when it may begin. */
export async function queueReason(
  tx: Tx,
  row: Pick<MoveRow, 'id'>,
  limits: MoveLimits = moveLimits,
): Promise<Gate | undefined> {
  const [found] = await tx.execute<{
    inProject: number
    inIndex: number
    before: number
    index: string
    frozen: boolean
    run: string | null
  }>(sql`
    select load.in_project as "inProject", load.in_index as "inIndex", qs.index_name as "index",
      ${isFrozen} as frozen, ${freezingRun} as run,
      (select count(*)::int from moves b join places bs on bs.id = b.source_place_id
        where b.state = 'queued' and b.created_at < q.created_at and bs.project = qs.project) as "before"
    from moves q join places qs on qs.id = q.source_place_id, lateral (${load}) as load
    where q.id = ${row.id}`)
  if (found === undefined) return undefined
  const { inProject, inIndex, before, index, frozen, run } = found
  if (frozen) return frozenGate(run, index)
  if (inIndex >= limits.perIndex)
    return { kind: 'index_busy', count: inIndex, limit: limits.perIndex, index, queuedBefore: before }
  if (inProject >= limits.perProject)
    return { kind: 'project_busy', count: inProject, limit: limits.perProject, queuedBefore: before }
  return undefined
}

/** The gate of a move that something freezes: a run of `prove-isolation`, or else suspicions about its place. */
function frozenGate(run: string | null, index: string): Gate {
  if (run === null) {
    const effect = 'says that the older key is revoked, and watches again'
    const choices = [{ command: `tenant-router indexes seal ${index}`, effect }]
    return { kind: 'moves_frozen', index, message: 'somebody else seems to write to its place', choices }
  }
  const choices = [
    { command: `tenant-router prove-isolation show ${run}`, effect: 'shows what was found' },
    {
      command: `tenant-router prove-isolation thaw ${run}`,
      effect: 'says that the cause is mended; moves begin again',
    },
  ]
  return { kind: 'moves_frozen', message: 'prove-isolation found that a tenant reached another', choices }
}
