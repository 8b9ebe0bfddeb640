import { and, eq, inArray } from 'drizzle-orm'
import type { Db } from '../../db/connect.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { indexes } from '../../registry/indexes.sql.ts'
import type { IndexInfo } from '../../stores/store.ts'
import { moves } from '../state/moves.sql.ts'
import type { MoveSettings } from '../sync/step.ts'
import { type IndexKnowledge, judgeIndex } from './judge-index.ts'
import type { SweepDeps } from './sweep-places.ts'

interface Deps extends SweepDeps {
  readonly settings: Pick<MoveSettings, 'project' | 'projects' | 'indexPrefix' | 'storeInDoubtMs'>
}

export interface IndexSweep {
  readonly removed: readonly string[]
  /** Left alone: they look like ours, but nothing proves it. */
  readonly strangers: readonly string[]
}

/**
 * Deletes indexes that a late request of ours created after everyone had forgotten them: each uses one of the project's
 * few. An orphan must have been seen as one for as long as a request may be in doubt.
 *
 * @param firstSeen orphans of earlier rounds, as project and name, with the time (`performance.now()`) at which they
 *   were first seen; updated here.
 * @throws one project's fault, once the others were swept: an unavailable project concerns no other.
 */
export async function sweepIndexes(deps: Deps, firstSeen: Map<string, number>): Promise<IndexSweep> {
  const { project, projects } = deps.settings
  const names = projects?.map(({ name }) => name) ?? [project]
  const sweeps = await Promise.allSettled(names.map((name) => sweepProject(deps, name, firstSeen)))
  const failed = sweeps.find((sweep) => sweep.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  const done = sweeps.flatMap((sweep) => (sweep.status === 'fulfilled' ? [sweep.value] : []))
  return { removed: done.flatMap((one) => one.removed), strangers: done.flatMap((one) => one.strangers) }
}

async function sweepProject(deps: Deps, project: string, firstSeen: Map<string, number>): Promise<IndexSweep> {
  const { db, stores, settings, signal } = deps
  const { indexPrefix, storeInDoubtMs } = settings
  // The store first: an index that it shows has its row by then, since rows are committed before they are asked for.
  const shown = await stores.listIndexes(project, { signal })
  const knowledge = await knowledgeOf(db, project, shown)
  const judged = shown.map((info) => ({ info, is: judgeIndex(info, knowledge(info), indexPrefix) }))
  const orphans = judged.filter(({ is }) => is === 'orphan').map(({ info }) => info.name)
  const keyOf = (name: string) => `${project}/${name}`
  const keys = new Set(orphans.map(keyOf))
  for (const key of firstSeen.keys()) if (key.startsWith(keyOf('')) && !keys.has(key)) firstSeen.delete(key)
  const removed: string[] = []
  for (const name of orphans) {
    const sinceMs = firstSeen.get(keyOf(name)) ?? performance.now()
    firstSeen.set(keyOf(name), sinceMs)
    if (performance.now() - sinceMs < storeInDoubtMs) continue
    if ((await stores.deleteIndex(project, name, { signal })) === 'absent') continue
    await db.transaction((tx) =>
      appendAudit(tx, [{ actor: 'system', action: 'index.swept', detail: { project, index: name } }]),
    )
    removed.push(name)
  }
  return { removed, strangers: judged.filter(({ is }) => is === 'stranger').map(({ info }) => info.name) }
}

/** Reads the registry once for all of them. */
export async function knowledgeOf(
  db: Db,
  project: string,
  shown: readonly IndexInfo[],
): Promise<(info: IndexInfo) => IndexKnowledge> {
  const names = shown.map(({ name }) => name)
  const rows = names.length === 0 ? [] : await db.select().from(indexes).where(named(project, names))
  const tags = shown.map(({ tags: { move } }) => move).filter((move) => move !== undefined && uuid.test(move))
  const ours =
    tags.length === 0
      ? []
      : await db
          .select({ id: moves.id })
          .from(moves)
          .where(inArray(moves.id, tags as string[]))
  const byName = new Map(rows.map((row) => [row.name, row]))
  const moveIds = new Set(ours.map(({ id }) => id))
  return ({ name, tags: { move } }) => {
    const row = byName.get(name)
    return {
      row: row && { id: row.id, createdAtMs: row.createdAt.getTime(), state: row.state },
      isOurMove: move !== undefined && moveIds.has(move),
    }
  }
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function named(project: string, names: readonly string[]) {
  return and(eq(indexes.project, project), inArray(indexes.name, [...names]))
}
