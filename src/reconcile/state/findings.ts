import { and, asc, count, eq, gt, inArray, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { type FindingKind, type FixState, findingKinds, fixStateOf, type StoreFinding } from './finding.ts'
import { reconcileFindings } from './reconciliations.sql.ts'
import { findLatestDone, type RunRow } from './runs.ts'

export type FindingRow = typeof reconcileFindings.$inferSelect

/**
 * Findings of a kind that a run keeps by name: a store that lost everything must not fill the registry. Further ones are
 * only counted.
 */
const keptOfAKind = 10_000
const rowsOfAStatement = 500

/**
 * Notes findings of a run, each since when it was seen: by the complete runs before without a gap. A
 * repeat after a crash changes nothing.
 * @returns how many were not kept by name.
 */
export async function addFindings(
  tx: Tx,
  run: Pick<RunRow, 'id'>,
  findings: readonly StoreFinding[],
  graceMs: number,
): Promise<number> {
  const [first] = findings
  if (first === undefined) return 0
  const earlier = await findEarlier(tx, run.id, findings)
  const counts = { ...(await countFindings(tx, run.id)) }
  const [clock] = await tx.execute<{ ms: number }>(sql`select extract(epoch from now())::float8 * 1000 as ms`)
  const nowMs = clock?.ms ?? Date.now()
  const rows = findings.flatMap((finding) => {
    const { kind, project, index, namespace = '', tenantId = '', detail, refused } = finding
    counts[kind] = (counts[kind] ?? 0) + 1
    if (counts[kind] > keptOfAKind) return []
    const subject = { kind, project, indexName: index, namespace, tenantId }
    const before = earlier.get(keyOf(subject))
    const firstSeenAt = before?.firstSeenAt ?? new Date(nowMs)
    const looks = (before?.looks ?? 0) + 1
    const fix = fixStateOf(finding, { sinceMs: firstSeenAt.getTime(), looks }, { nowMs, graceMs })
    return [{ runId: run.id, ...subject, detail, firstSeenAt, looks, fix, fixNote: refused ?? null }]
  })
  for (let from = 0; from < rows.length; from += rowsOfAStatement)
    await tx
      .insert(reconcileFindings)
      .values(rows.slice(from, from + rowsOfAStatement))
      .onConflictDoNothing()
  return findings.length - rows.length
}

type SubjectRow = Pick<FindingRow, 'kind' | 'project' | 'indexName' | 'namespace' | 'tenantId'>

function keyOf({ kind, project, indexName, namespace, tenantId }: SubjectRow): string {
  return JSON.stringify([kind, project, indexName, namespace, tenantId])
}

/** Findings of the complete run before in these indexes. */
async function findEarlier(
  tx: Tx,
  runId: string,
  findings: readonly StoreFinding[],
): Promise<ReadonlyMap<string, FindingRow>> {
  const before = await findLatestDone(tx, runId)
  if (before === undefined) return new Map()
  const indexes = [...new Set(findings.map(({ index }) => index))]
  const rows = await tx
    .select()
    .from(reconcileFindings)
    .where(and(eq(reconcileFindings.runId, before.id), inArray(reconcileFindings.indexName, indexes)))
  return new Map(rows.map((row) => [keyOf(row), row]))
}

/** Findings of a run in the order in which they were found. */
export async function listFindingRows(
  tx: Tx,
  runId: string,
  page: {
    readonly kind?: FindingKind | undefined
    readonly fix?: FixState | undefined
    readonly after: number
    readonly limit: number
  },
): Promise<readonly FindingRow[]> {
  const f = reconcileFindings
  return tx
    .select()
    .from(f)
    .where(
      and(
        eq(f.runId, runId),
        gt(f.id, page.after),
        page.kind === undefined ? undefined : eq(f.kind, page.kind),
        page.fix === undefined ? undefined : eq(f.fix, page.fix),
      ),
    )
    .orderBy(asc(f.id))
    .limit(page.limit)
}

export async function countFindings(tx: Tx, runId: string): Promise<Readonly<Partial<Record<FindingKind, number>>>> {
  const rows = await tx
    .select({ kind: reconcileFindings.kind, n: count() })
    .from(reconcileFindings)
    .where(eq(reconcileFindings.runId, runId))
    .groupBy(reconcileFindings.kind)
  return Object.fromEntries(rows.map(({ kind, n }) => [kind, n]))
}

export async function countFixed(tx: Tx, runId: string): Promise<number> {
  const [row] = await tx
    .select({ n: count() })
    .from(reconcileFindings)
    .where(and(eq(reconcileFindings.runId, runId), eq(reconcileFindings.fix, 'done')))
  return row?.n ?? 0
}

export async function setFixed(tx: Tx, id: number, fix: FixState, fixNote: string): Promise<void> {
  await tx.update(reconcileFindings).set({ fix, fixNote }).where(eq(reconcileFindings.id, id))
}

/** Findings of the last complete run, by kind, every kind among them. For a metric. */
export async function readLatest(
  tx: Tx,
): Promise<{ readonly finishedAtMs: number; readonly findings: Readonly<Record<FindingKind, number>> } | undefined> {
  const run = await findLatestDone(tx)
  if (run?.finishedAt == null) return undefined
  const found = await countFindings(tx, run.id)
  const findings = Object.fromEntries(findingKinds.map((kind) => [kind, found[kind] ?? 0]))
  return { finishedAtMs: run.finishedAt.getTime(), findings: findings as Record<FindingKind, number> }
}
