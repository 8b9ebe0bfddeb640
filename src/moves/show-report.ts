import { eq } from 'drizzle-orm'
import type { Db } from '../db/connect.ts'
import { AppError } from '../errors.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import type { MoveEmbedding } from './show-embedding.ts'
import { type PlaceView, showMove } from './show-move.ts'
import type { MoveKind, MoveState } from './state/move-state.ts'
import { moveEvents } from './state/moves.sql.ts'
import type { VerificationReport } from './state/verification.ts'
import type { RangeDigest } from './verify/range-digests.ts'
import { moveReports } from './verify/reports.sql.ts'

/** The permanent record of a move's verification. */
export interface MoveReport {
  readonly moveId: string
  readonly tenantId: TenantId
  readonly kind: MoveKind
  readonly state: MoveState
  readonly source: PlaceView
  readonly target: PlaceView | null
  readonly writePauseMs: number | null
  readonly verification: VerificationReport
  /** Null for a move that copies vectors as they are. */
  readonly embedding: MoveEmbedding | null
  /** Records per range. */
  readonly rangeSize: number
  readonly ranges: readonly RangeDigest[]
  /** The whole history; each hash covers the one before. */
  readonly history: readonly {
    readonly at: string
    readonly state: MoveState
    readonly detail: unknown
    readonly hash: string
  }[]
}

/** @throws AppError `not_found` when there is no such move, or none of it was verified yet. */
export async function showReport({ db }: { readonly db: Db }, id: string): Promise<MoveReport> {
  const {
    id: moveId,
    tenantId,
    kind,
    state,
    source,
    target,
    writePauseMs,
    verification,
    embedding,
  } = await showMove({ db }, id)
  const [report] = await db.select().from(moveReports).where(eq(moveReports.moveId, id))
  if (verification === null || report === undefined)
    throw new AppError('not_found', 'The move has not been verified yet.')
  const events = await db.select().from(moveEvents).where(eq(moveEvents.moveId, id)).orderBy(moveEvents.id)
  return {
    moveId,
    tenantId,
    kind,
    state,
    source,
    target,
    writePauseMs,
    verification,
    embedding,
    rangeSize: report.rangeSize,
    ranges: report.ranges,
    history: events.map(({ at, state: to, detail, hash }) => ({ at: at.toISOString(), state: to, detail, hash })),
  }
}
