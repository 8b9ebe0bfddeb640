import { and, eq, sql } from 'drizzle-orm'
import type { StaffPrincipal } from '../../auth/principal.ts'
import type { Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import type { ApprovableVerb } from '../../placement/approvable.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { indexes } from '../../registry/indexes.sql.ts'
import type { StartMoveDeps } from '../start-move.ts'
import { moves } from '../state/moves.sql.ts'
import { cancelUnbegun } from '../steer-move.ts'
import { namedIndex } from '../target/reserve-target-project.ts'
import { indexReembeds } from './index-reembeds.sql.ts'
import { type IndexReembedView, indexReembedView } from './list-reembeds.ts'

export interface IndexReembedDeps extends StartMoveDeps {
  /** The verbs that need a second person. */
  readonly approvals: ReadonlySet<ApprovableVerb>
}

interface WantedReembeds {
  readonly index: string
  readonly model: string
  readonly tokensPerDay: number
  readonly leaveBehind?: number | undefined
  readonly maxRecallLoss?: number | undefined
}

/**
 * Lets all tenants of an index change their embedding model, one after another. While one is under way, its budget and
 * conditions become these; after a stop, those that are left follow.
 *
 * @throws AppError `not_found`; `invalid_request` for a model that no setting names; `conflict` for the index's own
 *   model, while another one is under way, or where a second person has to approve each move.
 */
export async function startIndexReembed(
  { db, settings, approvals }: IndexReembedDeps,
  actor: StaffPrincipal,
  { index: name, model, tokensPerDay, leaveBehind = 0, maxRecallLoss }: WantedReembeds,
): Promise<IndexReembedView> {
  if (approvals.has('reembed')) {
    const words = 'A second person has to approve each reembed (APPROVALS): begin those of the tenants one by one.'
    throw new AppError('conflict', words)
  }
  if (!settings.models?.some((one) => one.name === model)) {
    const message = `No setting names the embedding model ${model}; add it to EMBEDDING_MODELS.`
    throw new AppError('invalid_request', message, { faults: [{ path: 'model', message }] })
  }
  return db.transaction(async (tx) => {
    const index = await namedIndex(tx, settings, name)
    if (index === undefined) throw new AppError('not_found', 'There is no such index.')
    if (index.embeddingModel === model)
      throw new AppError('conflict', `Index ${name} is of the model ${model} already.`)
    await tx.select({ id: indexes.id }).from(indexes).where(eq(indexes.id, index.id)).for('update')
    const running = await findRunning(tx, index.id)
    if (running !== undefined && running.model !== model)
      throw new AppError('conflict', `The tenants of ${name} are changing to ${running.model}: stop that first.`)
    const conditions = { tokensPerDay, leaveBehind, maxRecallLoss: maxRecallLoss ?? null, skipped: [] }
    const [batch] =
      running === undefined
        ? await tx
            .insert(indexReembeds)
            .values({ indexId: index.id, model, ...conditions, createdBy: actor.subject })
            .returning()
        : await tx.update(indexReembeds).set(conditions).where(eq(indexReembeds.id, running.id)).returning()
    if (batch === undefined) throw new Error('a changed row is returned')
    await appendAudit(tx, [{ actor, action: 'index.reembed', detail: { index: name, model, tokensPerDay } }])
    return indexReembedView(tx, { batch, index: index.name })
  })
}

/**
 * Begins no more moves of an index's tenants, and cancels those that have not begun; those under way go on.
 * @throws AppError `not_found`, `conflict` when none is under way.
 */
export async function stopIndexReembed(
  { db, settings }: StartMoveDeps,
  actor: StaffPrincipal,
  name: string,
): Promise<IndexReembedView> {
  const stopped = await db.transaction(async (tx) => {
    const index = await namedIndex(tx, settings, name)
    if (index === undefined) throw new AppError('not_found', 'There is no such index.')
    const [batch] = await tx
      .update(indexReembeds)
      .set({ state: 'stopped', endedAt: sql`now()` })
      .where(and(eq(indexReembeds.indexId, index.id), eq(indexReembeds.state, 'running')))
      .returning()
    if (batch === undefined)
      throw new AppError('conflict', `The tenants of ${name} are not changing their model, or all of them have.`)
    await appendAudit(tx, [{ actor, action: 'index.reembed_stop', detail: { index: name, model: batch.model } }])
    return { batch, index: index.name }
  })
  const waiting = await db
    .select({ id: moves.id })
    .from(moves)
    .where(and(eq(moves.indexReembedId, stopped.batch.id), eq(moves.state, 'queued')))
  for (const { id } of waiting) await cancelUnbegun({ db }, actor, id)
  return indexReembedView(db, stopped)
}

async function findRunning(tx: Tx, indexId: number) {
  const [found] = await tx
    .select()
    .from(indexReembeds)
    .where(and(eq(indexReembeds.indexId, indexId), eq(indexReembeds.state, 'running')))
  return found
}
