import { sql } from 'drizzle-orm'
import { AppError } from '../../errors.ts'
import { judgeIndex } from '../../moves/sweep/judge-index.ts'
import { knowledgeOf } from '../../moves/sweep/sweep-indexes.ts'
import { readTenantId } from '../../placement/tenant-id.ts'
import { appendAudit, type Deed } from '../../registry/audit/audit.ts'
import { findIndexByName } from '../../registry/indexes.ts'
import { findPlaceByName, isRoutedTo, toPlacement } from '../../registry/places.ts'
import type { LookDeps } from '../look/look.ts'
import { whyNotFixed } from '../look/look-at-places.ts'
import { type FindingRow, listFindingRows, setFixed } from '../state/findings.ts'
import type { RunRow } from '../state/runs.ts'

export type FixDeps = LookDeps

/** The end of a finding: what was done, or why nothing was. */
type Outcome = { readonly done: string; readonly detail?: Record<string, unknown> } | { readonly not: string }

const pageSize = 100

/**
 * Settles the findings of a run that are due. Each one is looked at a last time before anything is changed, and each
 * change is in the audit with who asked for the run.
 */
export async function fixDue(deps: FixDeps, run: RunRow): Promise<void> {
  for (let after = 0; ; ) {
    const due = await listFindingRows(deps.db, run.id, { fix: 'due', after, limit: pageSize })
    for (const finding of due) {
      deps.signal.throwIfAborted()
      const outcome = await settle(deps, finding)
      await deps.db.transaction(async (tx) => {
        if ('not' in outcome) return setFixed(tx, finding.id, 'refused', outcome.not)
        await setFixed(tx, finding.id, 'done', outcome.done)
        if (outcome.detail !== undefined) await appendAudit(tx, [deedOf(run, finding, outcome.detail)])
      })
    }
    const last = due.at(-1)
    if (last === undefined || due.length < pageSize) return
    after = last.id
  }
}

async function settle(deps: FixDeps, finding: FindingRow): Promise<Outcome> {
  try {
    switch (finding.kind) {
      case 'index_orphan':
        return await dropIndex(deps, finding)
      case 'namespace_returned':
        return await dropNamespace(deps, finding)
      case 'capacity_differs':
        return await countAnew(deps, finding)
      default:
        return { not: 'nothing about it is provably safe' }
    }
  } catch (fault) {
    if (!(fault instanceof AppError)) throw fault
    return { not: fault.message }
  }
}

async function dropIndex({ db, stores, settings, signal }: FixDeps, finding: FindingRow): Promise<Outcome> {
  const { project, indexName: name } = finding
  const info = await stores.describeIndex(project, name, { signal })
  if (info === undefined) return { done: 'it was gone already' }
  const known = (await knowledgeOf(db, project, [info]))(info)
  if (judgeIndex(info, known, settings.indexPrefix) !== 'orphan') return { not: 'it is in use by now' }
  await stores.deleteIndex(project, name, { signal })
  return { done: 'the index was deleted', detail: { project, index: name } }
}

async function dropNamespace({ db, stores, signal }: FixDeps, finding: FindingRow): Promise<Outcome> {
  const { project, indexName, namespace } = finding
  const index = await findIndexByName(db, project, indexName)
  const place = await findPlaceByName(db, { project, indexName, namespace })
  if (index === undefined || place?.state !== 'purged') return { not: 'it is no place that was given up' }
  const { refused } = whyNotFixed(index)
  if (refused !== undefined) return { not: refused }
  if (await isRoutedTo(db, place.id)) return { not: 'a route names it' }
  const store = stores.open(toPlacement(place, index))
  const shown = await store.describeNamespace({ signal })
  if (shown === undefined) return { done: 'it was gone already' }
  await store.deleteNamespace({ signal })
  const detail = { project, index: indexName, namespace, records: shown.recordCount }
  return { done: 'the namespace was deleted', detail }
}

/** Every change of an index's places changes its row in the same transaction, so the row's lock makes the count exact. */
async function countAnew({ db }: FixDeps, { project, indexName }: FindingRow): Promise<Outcome> {
  return db.transaction(async (tx) => {
    const [row] = await tx.execute<{ id: number; counted: number; room: number }>(sql`
      select id, namespaces_used as counted, namespace_limit as room from indexes
      where project = ${project} and name = ${indexName} and state <> 'deleted' for update`)
    if (row === undefined) return { done: 'it was gone already' }
    const [now] = await tx.execute<{ places: number }>(sql`
      select count(*)::int as places from places where index_id = ${row.id} and state <> 'purged'`)
    const places = now?.places ?? 0
    if (places === row.counted) return { done: 'both were equal already' }
    if (places > row.room) return { not: `it has ${places} places and a limit of ${row.room}` }
    await tx.execute(sql`update indexes set namespaces_used = ${places} where id = ${row.id}`)
    const detail = { project, index: indexName, before: row.counted, after: places }
    return { done: `the counter was ${row.counted} and is ${places}`, detail }
  })
}

function deedOf(run: RunRow, finding: FindingRow, detail: Record<string, unknown>): Deed {
  const tenantId = readTenantId(finding.tenantId)
  return {
    actor: 'system',
    action: `reconcile.${finding.kind}`,
    ...(tenantId && { tenantId }),
    detail: { ...detail, reconciliation: run.id, askedBy: run.createdBy },
  }
}
