import { and, asc, eq, gt, isNull } from 'drizzle-orm'
import { type Page, pageOf, readCursor } from '../../cursor.ts'
import type { Tx } from '../../db/connect.ts'
import { readTenantId, type TenantId } from '../../placement/tenant-id.ts'
import { countIndexes } from '../../registry/indexes.ts'
import { type MoveInTheWay, moveInTheWay } from '../state/in-the-way.ts'
import { moves } from '../state/moves.sql.ts'
import type { MoveSettings } from '../sync/step.ts'
import { type TargetSettings, targetProjects } from '../target/reserve-target-project.ts'
import { advice, adviceLook } from './advice.sql.ts'
import { listModelEnds, type ModelEnd, type ModelFacts } from './model-ends.ts'

interface Deps {
  readonly db: Tx
  readonly settings: TargetSettings
}

interface AdviceDeps extends Deps {
  readonly settings: TargetSettings & Pick<MoveSettings, 'reembedTokensPerMinute'>
  /** The configured embedding models; without it none is known to end. */
  readonly modelFacts?: readonly ModelFacts[]
}

export interface AdviceView {
  readonly tenantId: TenantId
  readonly advice: 'promote' | 'demote'
  readonly reasons: readonly string[]
  /** ISO 8601; the advice has stood unchanged since then. */
  readonly since: string
  /** The open move that has to end before. */
  readonly inTheWay: MoveInTheWay | null
}

export interface AdvicePage extends Page<AdviceView> {
  readonly silosLeft: number
  /** When all tenants were last looked at; null: never. */
  readonly lookedAt: string | null
  /** Embedding models that end, the next end first; the same on every page. */
  readonly modelEnds: readonly ModelEnd[]
}

/**
 * Returns the tenants that should move, with direction and reasons, by tenant id, as of the last look; and how many
 * more silos the projects allow, and the embedding models that end.
 * @throws AppError `invalid_request` for a cursor that no earlier page returned
 */
export async function listAdvice(
  { db, settings, modelFacts = [] }: AdviceDeps,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<AdvicePage> {
  const after = readCursor('advice', cursor, readTenantId)
  const open = { id: moves.id, kind: moves.kind, state: moves.state, retainUntil: moves.retainUntil }
  const rows = await db
    .select({ advice, move: open })
    .from(advice)
    .leftJoin(moves, and(eq(moves.tenantId, advice.tenantId), isNull(moves.endedAt)))
    .where(after && gt(advice.tenantId, after))
    .orderBy(asc(advice.tenantId))
    .limit(limit + 1)
  const { items, nextCursor } = pageOf('advice', rows, limit, (row) => row.advice.tenantId)
  const views = items.map(({ advice: row, move }) => ({
    ...row,
    since: row.since.toISOString(),
    inTheWay: moveInTheWay(move),
  }))
  const [look] = await db.select().from(adviceLook)
  const lookedAt = look?.lookedAt.toISOString() ?? null
  const silosLeft = await countSilosLeft({ db, settings })
  const { reembedTokensPerMinute: tokensPerMinute = 0 } = settings
  const today = new Date().toISOString().slice(0, 10)
  const modelEnds = await listModelEnds({ db, models: modelFacts, tokensPerMinute, today })
  return { items: views, nextCursor, silosLeft, lookedAt, modelEnds }
}

/** Additional indexes that projects with silos allow; shared indexes count against the same limits. */
export async function countSilosLeft({ db, settings }: Deps): Promise<number> {
  let left = 0
  for (const { name, holds, indexLimit } of targetProjects(settings)) {
    if (holds.includes('silo')) left += Math.max(0, indexLimit - (await countIndexes(db, name)))
  }
  return left
}
