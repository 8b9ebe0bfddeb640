import type { StaffPrincipal } from '../auth/principal.ts'
import { type Page, pageOf, readCursor, readNumberKey } from '../cursor.ts'
import type { Db } from '../db/connect.ts'
import { AppError } from '../errors.ts'
import { appendAudit } from '../registry/audit/audit.ts'
import { findLastRestore } from '../registry/restores.ts'
import { adviceOf, type FindingKind, type FixState, isProblem, type StoreFinding } from './state/finding.ts'
import { countFindings, countFixed, type FindingRow, listFindingRows } from './state/findings.ts'
import type { RunProgress } from './state/reconciliations.sql.ts'
import { findRun, findRunning, insertRun, listRuns, type RunRow } from './state/runs.ts'

export interface ReconciliationView {
  readonly id: string
  readonly state: RunRow['state']
  readonly fix: boolean
  readonly fromStore: boolean
  readonly createdBy: string
  readonly progress: Omit<RunProgress, 'indexes'> & { readonly indexes: number }
  /** By kind; kinds without any are absent. */
  readonly findings: Readonly<Partial<Record<FindingKind, number>>>
  /** Findings that somebody has to look at; others' indexes and namespaces are not among them. */
  readonly problems: number
  readonly fixed: number
  readonly fault: string | null
  readonly createdAt: string
  readonly finishedAt: string | null
}

export interface FindingView {
  readonly kind: FindingKind
  readonly project: string
  readonly index: string
  readonly namespace: string | null
  readonly tenantId: string | null
  readonly detail: StoreFinding['detail']
  readonly firstSeenAt: string
  /** Runs that saw it one after the other. */
  readonly looks: number
  readonly fix: FixState
  /** The deed, or why there was none. */
  readonly fixNote: string | null
  readonly advice: string
}

type Deps = { readonly db: Db }

/**
 * Begins a comparison of the registry with the store, which some replica carries out. While one of the same kind is
 * under way, that one is the answer.
 *
 * @param fix settles what is provably safe and was seen long enough.
 * @param fromStore finds out where tenants are, after a restore of the registry.
 * @throws AppError `conflict` while one of the other kind is under way, and where no restore is noted.
 */
export async function startReconciliation(
  { db }: Deps,
  actor: StaffPrincipal,
  { fix, fromStore }: { readonly fix: boolean; readonly fromStore: boolean },
): Promise<ReconciliationView> {
  if (fix && fromStore) {
    const message = 'give fix or fromStore, not both'
    throw new AppError('invalid_request', `fix: ${message}`, { faults: [{ path: 'fix', message }] })
  }
  if (fromStore && (await findLastRestore(db)) === undefined) {
    const words =
      'No restore is noted. With every replica down, run tenant-router migrate --after-restore; then start them and repeat.'
    throw new AppError('conflict', words)
  }
  const row = await db.transaction(async (tx) => {
    const made = await insertRun(tx, { fix, fromStore, createdBy: actor.subject })
    if (made === undefined) {
      const running = await findRunning(tx)
      if (running?.fix === fix && running.fromStore === fromStore) return running
      throw new AppError('conflict', 'Another reconciliation is under way. Wait for its end, and repeat.')
    }
    await appendAudit(tx, [{ actor, action: 'reconcile', detail: { reconciliation: made.id, fix, fromStore } }])
    return made
  })
  return viewOf(db, row)
}

/** @throws AppError `not_found` */
export async function showReconciliation({ db }: Deps, id: string): Promise<ReconciliationView> {
  return viewOf(db, await known(db, id))
}

/** Newest first, `limit` 1–100. @throws AppError `invalid_request` for a cursor that no page gave */
export async function listReconciliations(
  { db }: Deps,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<ReconciliationView>> {
  const before = readCursor('reconciliations', cursor, (text) => (uuid.test(text) ? text : undefined))
  const page = pageOf('reconciliations', await listRuns(db, { before, limit: limit + 1 }), limit, (row) => row.id)
  return { ...page, items: await Promise.all(page.items.map((row) => viewOf(db, row))) }
}

/** In the order in which they were found, `limit` 1–1,000. @throws AppError `not_found`, `invalid_request` */
export async function listFindings(
  { db }: Deps,
  id: string,
  input: {
    readonly kind?: FindingKind | undefined
    readonly fix?: FixState | undefined
    readonly limit: number
    readonly cursor?: string | undefined
  },
): Promise<Page<FindingView>> {
  await known(db, id)
  const after = readCursor('findings', input.cursor, readNumberKey) ?? 0
  const rows = await listFindingRows(db, id, { ...input, after, limit: input.limit + 1 })
  const page = pageOf('findings', rows, input.limit, (row) => row.id)
  return { ...page, items: page.items.map(viewOfFinding) }
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

async function known(db: Db, id: string): Promise<RunRow> {
  const row = await findRun(db, id)
  if (row === undefined) throw new AppError('not_found', 'There is no such reconciliation.', { shown: true })
  return row
}

async function viewOf(db: Db, row: RunRow): Promise<ReconciliationView> {
  const findings = await countFindings(db, row.id)
  const problems = Object.entries(findings).reduce(
    (sum, [kind, n]) => sum + (isProblem(kind as FindingKind) ? n : 0),
    0,
  )
  const { id, state, fix, fromStore, createdBy, progress, fault, createdAt, finishedAt } = row
  return {
    id,
    state,
    fix,
    fromStore,
    createdBy,
    progress: { ...progress, indexes: progress.indexes.length },
    findings,
    problems,
    fixed: await countFixed(db, id),
    fault,
    createdAt: createdAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  }
}

function viewOfFinding(row: FindingRow): FindingView {
  const { kind, project, indexName: index, namespace, tenantId, detail, firstSeenAt, looks, fix, fixNote } = row
  return {
    kind,
    project,
    index,
    namespace: namespace === '' ? null : namespace,
    tenantId: tenantId === '' ? null : tenantId,
    detail,
    firstSeenAt: firstSeenAt.toISOString(),
    looks,
    fix,
    fixNote,
    advice: adviceOf[kind],
  }
}
