import { type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import { lockProject } from '../registry/indexes.ts'
import type { MoveRow } from './journal.ts'
import { type MoveLimits, moveLimits } from './queue-limits.ts'
import { readPlaces } from './read-places.ts'

/** Moves in these states work on their indexes. One that soaks, is paused or only deletes costs the neighbours little. */
const working = sql.raw(`('preparing', 'arming', 'copying', 'verifying', 'fencing', 'switching', 'rolling_back')`)

/**
 * Working moves of the project of the move `q`, and those of them that share an index with it. An older one that a mover
 * has just taken is about to work.
 */
const load = sql`
  select count(*)::int as in_project,
    (count(*) filter (where qs.index_id in (ws.index_id, wt.index_id)
      or q.wanted_index_id in (ws.index_id, wt.index_id, w.wanted_index_id)))::int as in_index
  from moves w
    join places ws on ws.id = w.source_place_id
    left join places wt on wt.id = w.target_place_id
    join places qs on qs.id = q.source_place_id
  where w.id <> q.id and qs.project in (ws.project, wt.project) and (w.state in ${working}
    or (w.state = 'queued' and w.mover_lease_until > now() and w.created_at < q.created_at))`

/** For a claim: the row of `moves` that the surrounding statement calls `q` is queued and has its turn, or is under way. */
export function hasTurn(limits: MoveLimits = moveLimits): SQL {
  return sql`(q.state <> 'queued' or q.request is not null or exists (
    select 1 from (${load}) as load
    where load.in_project < ${limits.perProject} and load.in_index < ${limits.perIndex}))`
}

/**
 * For the start of a queued move: holds the project's lock until the transaction ends, so that two that look at the same
 * time can't both pass the limit.
 * @returns what it waits for, or undefined when it may begin.
 */
export async function waitsForTurn(tx: Tx, row: MoveRow): Promise<string | undefined> {
  const { source } = await readPlaces(tx, row)
  await lockProject(tx, source.place.project)
  return queueReason(tx, row)
}

/** Why a queued move has not begun, in words for a person; undefined when it may. */
export async function queueReason(
  tx: Tx,
  row: Pick<MoveRow, 'id'>,
  limits: MoveLimits = moveLimits,
): Promise<string | undefined> {
  const [found] = await tx.execute<{ inProject: number; inIndex: number; before: number; index: string }>(sql`
    select load.in_project as "inProject", load.in_index as "inIndex", qs.index_name as "index",
      (select count(*)::int from moves b join places bs on bs.id = b.source_place_id
        where b.state = 'queued' and b.created_at < q.created_at and bs.project = qs.project) as "before"
    from moves q join places qs on qs.id = q.source_place_id, lateral (${load}) as load
    where q.id = ${row.id}`)
  if (found === undefined) return undefined
  const { inProject, inIndex, before, index } = found
  const behind = before === 0 ? '' : `; ${before} queued before it`
  if (inIndex >= limits.perIndex) {
    return `${inIndex} other move(s) work on its index ${index} or its target, where ${limits.perIndex} at once may${behind}`
  }
  if (inProject >= limits.perProject) {
    return `${inProject} other move(s) work in its project, where ${limits.perProject} at once may${behind}`
  }
  return undefined
}
