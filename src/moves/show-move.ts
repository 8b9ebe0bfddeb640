import { and, desc, eq, gt, type SQL, sql } from 'drizzle-orm'
import { isTime, type Page, pageOf, readCursor } from '../cursor.ts'
import type { Db, Tx } from '../db/connect.ts'
import { AppError } from '../errors.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { gateNow } from './gate/gate-now.ts'
import { nextSteps } from './gate/next-steps.ts'
import { embeddingOf, type MoveEmbedding } from './show-embedding.ts'
import type { GateKind, NextStep, Waiting } from './state/gate.ts'
import { gateWords } from './state/gate-words.ts'
import type { MoveRow } from './state/move-history.ts'
import type { MoveKind, MoveRequest, MoveState } from './state/move-state.ts'
import { moveEvents, moves } from './state/moves.sql.ts'
import { readPlaces } from './state/read-places.ts'
import type { Freshness, VerificationReport } from './state/verification.ts'
import { freshnessOf } from './verify/freshness-of.ts'

/** A move as staff see it. Times are ISO 8601. */
export interface MoveView {
  readonly id: string
  readonly tenantId: TenantId
  readonly kind: MoveKind
  readonly state: MoveState
  readonly progress: {
    readonly copied: number
    readonly verified: number
    readonly total: number | null
    /** 0–100 over copying and comparing together. */
    readonly percent: number
    readonly etaS: number | null
  }
  readonly source: PlaceView
  readonly target: PlaceView | null
  readonly verification: VerificationReport | null
  /** Null for a move that copies vectors as they are. */
  readonly embedding: MoveEmbedding | null
  /** The last comparison of both places of a move that has not ended. */
  readonly verified: Freshness | null
  readonly writePauseMs: number | null
  /** Records in the change log, and how many of them the other place still lacks; each counted up to 10,000. */
  readonly dirty: { readonly touched: number; readonly unsynced: number }
  readonly requested: MoveRequest | null
  /** The present gate, in words. */
  readonly gate: string | null
  readonly waitsFor: WaitView | null
  /** Host name of the replica that runs it, or ran it last. */
  readonly mover: string | null
  readonly nextSteps: readonly NextStep[]
  readonly error: string | null
  readonly createdBy: string
  readonly createdAt: string
  readonly updatedAt: string
  readonly switchedAt: string | null
  readonly retainUntil: string | null
  readonly endedAt: string | null
}

/** A gate with its fields, for a program; unknown ones are null. */
export interface WaitView {
  readonly kind: GateKind
  readonly record: string | null
  readonly replica: string | null
  readonly index: string | null
  readonly operation: string | null
  readonly count: number | null
  readonly since: string
  readonly ageS: number
  readonly tries: number
  /** Null: it is checked continuously. */
  readonly nextTryAt: string | null
  /** Latest time at which it ends on its own. */
  readonly until: string | null
}

export interface PlaceView {
  readonly kind: 'pool' | 'silo'
  readonly project: string
  readonly index: string
  readonly region: string
  readonly generation: number
}

/** @throws AppError `not_found` */
export async function showMove({ db }: { readonly db: Tx }, id: string): Promise<MoveView> {
  const [row] = await db.select().from(moves).where(eq(moves.id, id))
  if (row === undefined) throw new AppError('not_found', 'There is no such move.')
  return viewOf(db, row)
}

/** To the microsecond, since moves queued together differ in nothing else. */
const createdAtText = sql<string>`to_char(${moves.createdAt} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

function readMoveKey(text: string): { readonly at: string; readonly id: string } | undefined {
  const [at = '', id = ''] = text.split('/')
  return isTime(at) && uuid.test(id) ? { at, id } : undefined
}

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

/**
 * Moves, newest first, a page at a time.
 * @throws AppError `invalid_request` for a cursor that no earlier page returned
 */
export async function listMoves(
  { db }: { readonly db: Db },
  page: {
    readonly tenantId?: TenantId | undefined
    readonly open?: boolean | undefined
    readonly limit: number
    readonly cursor?: string | undefined
  },
): Promise<Page<MoveView>> {
  const after = readCursor('moves', page.cursor, readMoveKey)
  const rows = await db
    .select({ row: moves, at: createdAtText })
    .from(moves)
    .where(
      and(
        page.tenantId === undefined ? undefined : eq(moves.tenantId, page.tenantId),
        page.open ? sql`${moves.endedAt} is null` : undefined,
        after && sql`(${moves.createdAt}, ${moves.id}) < (${after.at}::timestamptz, ${after.id}::uuid)`,
      ),
    )
    .orderBy(desc(moves.createdAt), desc(moves.id))
    .limit(page.limit + 1)
  const { items, nextCursor } = pageOf('moves', rows, page.limit, ({ row, at }) => `${at}/${row.id}`)
  return { items: await Promise.all(items.map(({ row }) => viewOf(db, row))), nextCursor }
}

export interface MoveEvent {
  readonly id: number
  readonly at: string
  readonly state: MoveState
  readonly detail: unknown
}

/** A move, and its history after an event, from one snapshot: the last event belongs to the shown state. */
export async function lookAtMove(
  { db }: { readonly db: Db },
  id: string,
  afterId: number,
): Promise<{ readonly view: MoveView; readonly events: readonly MoveEvent[] }> {
  return db.transaction(
    async (tx) => ({ view: await showMove({ db: tx }, id), events: await listMoveEvents({ db: tx }, id, afterId) }),
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  )
}

/** The history of a move after an event, oldest first. */
async function listMoveEvents({ db }: { readonly db: Tx }, id: string, afterId: number): Promise<readonly MoveEvent[]> {
  const rows = await db
    .select()
    .from(moveEvents)
    .where(and(eq(moveEvents.moveId, id), gt(moveEvents.id, afterId)))
    .orderBy(moveEvents.id)
  return rows.map((row) => ({ id: row.id, at: row.at.toISOString(), state: row.state, detail: row.detail }))
}

export async function viewOf(tx: Tx, row: MoveRow): Promise<MoveView> {
  const places = await readPlaces(tx, row)
  const { source, target } = places
  const log = await countLog(tx, row.id)
  const view = ({ place, index }: NonNullable<typeof target>): PlaceView => ({
    kind: index.kind,
    project: place.project,
    index: place.indexName,
    region: index.region,
    generation: place.generation,
  })
  const waiting = await gateNow(tx, row)
  const iso = (date: Date | null) => date?.toISOString() ?? null
  return {
    id: row.id,
    tenantId: row.tenantId,
    kind: row.kind,
    state: row.state,
    progress: progressOf(row),
    source: view(source),
    target: target === undefined ? null : view(target),
    verification: row.verification,
    embedding: embeddingOf(row, places),
    verified: freshnessOf(row),
    writePauseMs: row.writePauseMs,
    dirty: log,
    requested: row.request,
    gate: waiting === null ? null : gateWords(waiting.gate),
    waitsFor: waiting === null ? null : waitView(waiting),
    mover: row.moverHost,
    nextSteps: nextSteps(row, waiting?.gate),
    error: row.error,
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    switchedAt: iso(row.switchedAt),
    retainUntil: iso(row.retainUntil),
    endedAt: iso(row.endedAt),
  }
}

/** Rows that a view counts, at most: it is requested often, and a long move touches millions. */
const countedRows = 10_000

async function countLog(tx: Tx, moveId: string): Promise<MoveView['dirty']> {
  const upTo = (where: SQL) =>
    sql`(select count(*)::int from (select 1 from dirty where move_id = ${moveId} and ${where} limit ${countedRows}) as counted)`
  const [log] = await tx.execute<{ touched: number; unsynced: number }>(
    sql`select ${upTo(sql`true`)} as touched, ${upTo(sql`synced_seq is distinct from seq`)} as unsynced`,
  )
  return { touched: log?.touched ?? 0, unsynced: log?.unsynced ?? 0 }
}

function waitView({ gate, since, tries, nextTryAt }: Waiting): WaitView {
  // Named by what caused it, when that is another gate.
  const at = gate.because ?? gate
  return {
    kind: gate.kind,
    record: at.record ?? null,
    replica: at.replica ?? null,
    index: at.index ?? null,
    operation: at.operation ?? null,
    count: at.count ?? null,
    since,
    ageS: Math.max(0, Math.floor((Date.now() - Date.parse(since)) / 1000)),
    tries,
    nextTryAt,
    until: at.until ?? null,
  }
}

function progressOf(row: MoveRow): MoveView['progress'] {
  const { copied, verified, total, barrierAt } = row
  const done = row.switchedAt !== null
  const share =
    total === null || total === 0 ? (done ? 1 : 0) : (Math.min(copied, total) + Math.min(verified, total)) / (2 * total)
  const percent = done ? 100 : Math.floor(share * 100)
  // By the pace since the copy could begin; the first second says nothing about it.
  const elapsedS = barrierAt === null ? 0 : (row.updatedAt.getTime() - barrierAt.getTime()) / 1000
  const etaS = done || share <= 0 || share >= 1 || elapsedS < 1 ? null : Math.ceil((elapsedS / share) * (1 - share))
  // The store counts late, and an app writes on: more may be found than were counted when the copy began.
  return { copied, verified, total: total === null ? null : Math.max(total, copied, verified), percent, etaS }
}
