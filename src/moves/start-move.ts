import { sql } from 'drizzle-orm'
import type { StaffPrincipal } from '../auth/principal.ts'
import type { Db, Tx } from '../db/connect.ts'
import { appendAudit } from '../registry/audit/audit.ts'
import { lockProjects } from '../registry/projects.ts'
import { lockTenantRow } from '../registry/tenants.ts'
import type { VectorStore } from '../stores/store.ts'
import { refuseWithoutText } from './plan/count-texts.ts'
import { type MoveView, viewOf } from './show-move.ts'
import { appendEvent, movesChannel } from './state/move-history.ts'
import { moves } from './state/moves.sql.ts'
import { attachFile } from './supplied/supply-vectors.ts'
import { lookAhead, type WantedMove } from './target/plan-refusals.ts'
import { type ReserveSettings, reserveTarget } from './target/reserve-target.ts'
import { targetProjects } from './target/reserve-target-project.ts'

export interface StartMoveDeps {
  readonly db: Db
  readonly settings: ReserveSettings
  /** For moves that transform: the texts are counted in the store. */
  readonly stores?: Pick<VectorStore, 'open'>
}

/**
 * Queues a move; any replica's mover executes it when it has its turn. A `promote` takes a tenant from a shared index
 * to its own, a `demote` back into the fullest shared index with capacity, a `rebalance` from one shared index to
 * another, or to the named one, a `reembed` into an index of another embedding model, a `relocate` into one of another region or project. A new index counts from here on, so
 * that no accepted move finds the project full.
 *
 * @throws AppError `not_found`, `tenant_not_ready`, `conflict` (it is in such a place already, is being offboarded, or
 *   no shared index has capacity), `move_in_progress` (naming the move), `index_limit_reached` before anything is made,
 *   `invalid_request` for a missing index.
 */
export async function startMove(deps: StartMoveDeps, actor: StaffPrincipal, input: WantedMove): Promise<MoveView> {
  if (input.model !== undefined) await refuseWithoutText(deps, input)
  return deps.db.transaction((tx) => queueMove(tx, deps.settings, actor, input))
}

/**
 * The same if `mayBegin` says so in the transaction that queues the move; records without a text are counted before it.
 * @returns whether it was queued.
 */
export async function startMoveIf(
  deps: StartMoveDeps,
  actor: StaffPrincipal,
  input: WantedMove,
  mayBegin: (tx: Tx) => Promise<boolean>,
): Promise<boolean> {
  if (input.model !== undefined) await refuseWithoutText(deps, input)
  return deps.db.transaction(async (tx) => {
    if (!(await mayBegin(tx))) return false
    await queueMove(tx, deps.settings, actor, input)
    return true
  })
}

async function queueMove(
  tx: Tx,
  settings: ReserveSettings,
  actor: StaffPrincipal,
  input: WantedMove,
): Promise<MoveView> {
  const { tenantId, kind } = input
  const mayNeedIndex = kind === 'promote' || kind === 'reembed' || kind === 'relocate'
  await lockTenantRow(tx, tenantId)
  if (mayNeedIndex) await lockProjects(tx, targetProjects(settings))
  const { source, spec, wanted, refusals } = await lookAhead(tx, settings, input)
  const [refusal] = refusals
  if (refusal !== undefined) throw refusal
  const [row] = await tx
    .insert(moves)
    .values({
      tenantId,
      kind,
      state: 'queued',
      sourcePlaceId: source.place.id,
      wantedIndexId: wanted?.id ?? null,
      wantedModel: input.model ?? null,
      vectorsFrom: input.vectorsFrom ?? null,
      wantedMetric: spec.space.metric === source.index.metric ? null : spec.space.metric,
      wantedRegion: input.region ?? null,
      wantedProject: input.project ?? null,
      leaveBehind: input.leaveBehind ?? 0,
      maxRecallLoss: input.maxRecallLoss ?? null,
      indexReembedId: input.partOf ?? null,
      createdBy: actor.subject,
      // Not the transaction's time: moves that are queued together keep their order.
      createdAt: sql`clock_timestamp()`,
    })
    .returning()
  if (row === undefined) throw new Error('an insert returns its row')
  const { model, vectorsFrom, region, project } = input
  if (vectorsFrom !== undefined) await attachFile(tx, { tenantId, vectorsFrom, model: model ?? '' }, row.id)
  const detail = {
    move: row.id,
    kind,
    ...(model !== undefined && { model }),
    ...(region !== undefined && { region }),
    ...(project !== undefined && { project }),
    ...(input.maxRecallLoss !== undefined && { maxRecallLoss: input.maxRecallLoss }),
  }
  await appendEvent(tx, row.id, 'queued', { by: actor.subject })
  await appendAudit(tx, [{ actor, action: 'move.start', tenantId, detail }])
  await tx.execute(sql`select pg_notify(${movesChannel}, ${row.id})`)
  const targetPlaceId = spec.placeKind === 'silo' ? await reserveTarget(tx, row, settings) : null
  return viewOf(tx, { ...row, targetPlaceId })
}
