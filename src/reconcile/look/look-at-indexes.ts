import { and, eq } from 'drizzle-orm'
import { judgeIndex } from '../../moves/sweep/judge-index.ts'
import { knowledgeOf } from '../../moves/sweep/sweep-indexes.ts'
import { indexes } from '../../registry/indexes.sql.ts'
import { findIndexByName, type IndexRow } from '../../registry/indexes.ts'
import type { IndexInfo } from '../../stores/store.ts'
import type { FindingKind, StoreFinding } from '../state/finding.ts'
import { type LookDeps, lookTwice } from './look.ts'

export interface IndexLook {
  readonly findings: readonly StoreFinding[]
  /** Indexes of the registry that the store has, for a look into them. */
  readonly present: readonly IndexRow[]
}

/**
 * Compares the registry's indexes of a project with those that the store lists.
 * @throws the store's faults.
 */
export async function lookAtIndexes(deps: LookDeps, project: string): Promise<IndexLook> {
  const { db, stores, settings, clock, signal } = deps
  // The store first: an index that it shows has its row by then, since rows are committed before they are asked for.
  const shown = await stores.listIndexes(project, { signal })
  const knowledge = await knowledgeOf(db, project, shown)
  const byName = new Map(shown.map((info) => [info.name, info]))
  const rows = await readyIndexes(deps, project)
  const seenAtMs = clock.now()
  const present = rows.filter((row) => isSame(byName.get(row.name), row))
  const odd = [
    ...rows.filter((row) => !present.includes(row)).map(({ name }) => name),
    ...shown.filter((info) => judgeIndex(info, knowledge(info), settings.indexPrefix) !== 'live').map(nameOf),
  ]
  const findings = await lookTwice(deps, odd, seenAtMs, async (name) => {
    const info = await stores.describeIndex(project, name, { signal })
    const row = await findIndexByName(db, project, name)
    const found = (kind: FindingKind, detail: StoreFinding['detail']) => ({ kind, project, index: name, detail })
    if (row?.state === 'ready') {
      if (info === undefined) return found('index_missing', { namespaces: row.namespacesUsed })
      if (isSame(info, row)) return undefined
      return found('index_replaced', { host: info.host, dimension: info.dimension, metric: info.metric })
    }
    if (info === undefined) return undefined
    const kind = kinds[judgeIndex(info, (await knowledgeOf(db, project, [info]))(info), settings.indexPrefix)]
    return kind && found(kind, { tags: Object.entries(info.tags).map((tag) => tag.join('=')) })
  })
  return { findings, present }
}

const kinds = {
  live: undefined,
  orphan: 'index_orphan',
  stranger: 'index_unproven',
  foreign: 'index_foreign',
} as const

function nameOf({ name }: IndexInfo): string {
  return name
}

/** An index that was deleted and made anew has another host. */
function isSame(info: IndexInfo | undefined, row: IndexRow): boolean {
  return info !== undefined && info.host === row.host && info.dimension === row.dimension
}

function readyIndexes({ db }: LookDeps, project: string): Promise<IndexRow[]> {
  return db
    .select()
    .from(indexes)
    .where(and(eq(indexes.project, project), eq(indexes.state, 'ready')))
    .orderBy(indexes.id)
}
