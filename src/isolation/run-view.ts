import type { Tx } from '../db/connect.ts'
import { AppError } from '../errors.ts'
import type { SignedIsolationReport } from '../evidence/isolation-report.ts'
import { findIsolationRun, type IsolationRunRow, listRunRows } from '../registry/isolation/isolation-runs.ts'

/** A run as staff see it; times are ISO 8601. */
export interface IsolationRunView {
  readonly id: string
  readonly state: IsolationRunRow['state']
  readonly step: string
  readonly options: IsolationRunRow['options']
  readonly createdBy: string
  readonly createdAt: string
  readonly startedAt: string | null
  readonly endedAt: string | null
  /** Whether its findings freeze all moves. */
  readonly isFreezing: boolean
  readonly thawedAt: string | null
  readonly thawedBy: string | null
  /** Why it broke. */
  readonly fault: string | null
  readonly exceptions: number | null
}

export function runView(row: IsolationRunRow): IsolationRunView {
  const { id, state, step, options, createdBy, fault, thawedBy, report } = row
  const text = (time: Date | null) => time?.toISOString() ?? null
  const found = report?.report
  return {
    id,
    state,
    step,
    options,
    createdBy,
    createdAt: row.createdAt.toISOString(),
    startedAt: text(row.startedAt),
    endedAt: text(row.endedAt),
    isFreezing: state === 'failed' && row.thawedAt === null,
    thawedAt: text(row.thawedAt),
    thawedBy,
    fault,
    exceptions: found === undefined ? null : found.exceptions.length + found.furtherExceptions,
  }
}

/** Runs, the newest first. */
export async function listIsolationRuns(
  { db }: { readonly db: Tx },
  limit: number,
): Promise<readonly IsolationRunView[]> {
  return (await listRunRows(db, limit)).map(runView)
}

/** One run with its signed report; null: it has none. @throws AppError `not_found` */
export async function showRun(
  { db }: { readonly db: Tx },
  id: string,
): Promise<IsolationRunView & { readonly signed: SignedIsolationReport | null }> {
  const row = await findIsolationRun(db, id)
  if (row === undefined) throw noSuchRun()
  return { ...runView(row), signed: row.report }
}

export function noSuchRun(): AppError {
  return new AppError('not_found', 'There is no such run.', { shown: true })
}
