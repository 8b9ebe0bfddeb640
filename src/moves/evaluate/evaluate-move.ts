import { eq } from 'drizzle-orm'
import type { StaffPrincipal } from '../../auth/principal.ts'
import { allLimited } from '../../concurrency/each-limited.ts'
import type { Db, Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import { isSameSpace, type Placement } from '../../placement/placement.ts'
import { ownFields, type RecordFields } from '../../placement/record-fields.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { isChunk } from '../../stores/record-text.ts'
import type { QueryMatch, VectorStore } from '../../stores/store.ts'
import { type MoveView, viewOf } from '../show-move.ts'
import { type Evaluation, type PlaceScores, whyRecallStops } from '../state/evaluation.ts'
import { changeMove, type MoveRow } from '../state/move-history.ts'
import { isEnded } from '../state/move-state.ts'
import { moves } from '../state/moves.sql.ts'
import { readFields, readPlacements } from '../state/read-places.ts'
import type { MoveModels } from '../transform/move-models.ts'
import { mean, ndcgAt, type Ranking, recallAt, reciprocalRank } from './metrics.ts'

/** A question and the ids that answer it, at least one. */
interface EvaluatedQuestion {
  readonly question: string
  /** A ranking of documents counts each once, by its best chunk. */
  readonly of: 'document' | 'chunk'
  readonly relevant: readonly string[]
}

export interface EvaluateMoveDeps {
  readonly db: Db
  readonly stores: Pick<VectorStore, 'open'>
  /** The embedding models, outside the tenant's quota. */
  readonly moveModels: MoveModels
}

const evaluatedKs = [1, 3, 5, 10]
/** Matches that are asked for; they cover fewer documents, since a document has several chunks. */
const depth = 50
/** Questions asked of a place at once. */
const atOnce = 4

/**
 * Asks both places of a move to another model the same questions, each by its own model, and keeps the figures with the
 * move: neither questions nor texts. A move that stands because of its recall goes on when the figures allow it.
 *
 * @throws AppError `not_found`; `conflict` for a move that does not transform, was not compared yet, or has ended;
 *   `embedding_unavailable`, and the store's faults.
 */
export async function evaluateMove(
  { db, stores, moveModels }: EvaluateMoveDeps,
  actor: StaffPrincipal,
  id: string,
  questions: readonly EvaluatedQuestion[],
  signal: AbortSignal,
): Promise<MoveView> {
  const [move] = await db.select().from(moves).where(eq(moves.id, id))
  if (move === undefined) throw new AppError('not_found', 'There is no such move.')
  mayEvaluate(move)
  const { source, target } = await readPlacements(db, move)
  if (isSameSpace(source.vectors, target.vectors))
    throw new AppError('conflict', 'Both places of this move have vectors of the same model.')
  const fields = await readFields(db, move)
  const scores = (place: Placement) => scoresOf({ stores, moveModels }, place, fields, questions, signal)
  const figures = { before: await scores(source), after: await scores(target) }
  return db.transaction((tx) => keepEvaluation(tx, actor, id, { questions: questions.length, ...figures }))
}

function mayEvaluate({ state, pausedState, verification }: MoveRow): void {
  if (isEnded(state)) throw new AppError('conflict', 'The move has ended.')
  if (verification === null || pausedState === 'verifying' || state === 'cancelling')
    throw new AppError('conflict', 'The new place is not complete: it is evaluated once both places were compared.')
}

async function scoresOf(
  { stores, moveModels }: Pick<EvaluateMoveDeps, 'stores' | 'moveModels'>,
  place: Placement,
  fields: RecordFields,
  questions: readonly EvaluatedQuestion[],
  signal: AbortSignal,
): Promise<PlaceScores> {
  const store = stores.open(place)
  const texts = questions.map(({ question }) => question)
  const model = moveModels.of(place.vectors)
  const { vectors } = await model.embed(texts, signal)
  const rows: { readonly ranking: Ranking; readonly relevant: ReadonlySet<string> }[] = []
  await allLimited(questions.entries(), atOnce, async ([at, { of, relevant }]) => {
    const embedded = vectors[at] ?? []
    const vector = model.searchVector?.(embedded) ?? embedded
    const input = { vector, topK: depth, includeMetadata: true, includeValues: false }
    const { matches } = await store.query(input, { signal })
    rows.push({ ranking: rankingOf(matches, of, fields), relevant: new Set(relevant) })
  })
  const average = (value: (ranking: Ranking, relevant: ReadonlySet<string>) => number) =>
    Number(mean(rows.map(({ ranking, relevant }) => value(ranking, relevant))).toFixed(4))
  return {
    model: place.vectors.model,
    recall: Object.fromEntries(
      evaluatedKs.map((k) => [String(k), average((ranking, relevant) => recallAt(k, ranking, relevant))]),
    ),
    ndcgAt10: average((ranking, relevant) => ndcgAt(10, ranking, relevant)),
    mrr: average(reciprocalRank),
  }
}

function rankingOf(matches: readonly QueryMatch[], of: EvaluatedQuestion['of'], fields: RecordFields): Ranking {
  const ids = matches.flatMap(({ id, metadata = {} }) => {
    if (of === 'chunk') return [id]
    const documentId = metadata[isChunk(metadata) ? ownFields.documentId : fields.documentId]
    return typeof documentId === 'string' ? [documentId] : []
  })
  return [...new Set(ids)]
}

async function keepEvaluation(
  tx: Tx,
  actor: StaffPrincipal,
  id: string,
  figures: Omit<Evaluation, 'at' | 'by'>,
): Promise<MoveView> {
  const [row] = await tx.select().from(moves).where(eq(moves.id, id)).for('update')
  if (row === undefined) throw new AppError('not_found', 'There is no such move.')
  mayEvaluate(row)
  const evaluation = { at: new Date().toISOString(), by: actor.subject, ...figures }
  await changeMove(tx, row, { evaluation, ...afterwards(row, evaluation) })
  const detail = { move: id, questions: figures.questions, before: figures.before, after: figures.after }
  await appendAudit(tx, [{ actor, action: 'move.evaluate', tenantId: row.tenantId, detail }])
  const [fresh] = await tx.select().from(moves).where(eq(moves.id, id))
  return viewOf(tx, fresh ?? row)
}

/** A move that stands because of its recall goes on, or stands for the present figures. */
function afterwards(row: MoveRow, evaluation: Evaluation) {
  const { stopped, pausedState } = row
  if (stopped?.ofRecall === undefined || pausedState === null) return {}
  const reason = whyRecallStops({ ...row, evaluation })
  if (reason === undefined) return { state: pausedState, pausedState: null, stopped: null, notBefore: null, gate: null }
  return { stopped: { ...stopped, ...reason } }
}
