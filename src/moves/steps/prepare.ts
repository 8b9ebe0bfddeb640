import { eq } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { AppError, isAppError } from '../../errors.ts'
import { indexes } from '../../registry/indexes.sql.ts'
import { toPlacement } from '../../registry/places.ts'
import { changeRouting } from '../../routing/change-routing.ts'
import { modelTag } from '../../stores/model-tag.ts'
import type { IndexInfo } from '../../stores/store.ts'
import { asMover, changeMove, type MoveRow } from '../state/move-history.ts'
import { waitsForTurn } from '../state/queue.ts'
import { type PlaceAndIndex, readPlace, readPlaces, readRouting } from '../state/read-places.ts'
import { next, type Step, type StepContext, wait } from '../sync/step.ts'
import { releaseReservation, reserveTarget } from '../target/reserve-target.ts'

/**
 * Makes the empty target when the move has its turn: a cleanup row first, then a silo's index under its name, then the
 * namespace. Then it arms.
 */
export const prepare: Step = async (context) => {
  const { db, stores, settings, move, signal } = context
  const turn = await asMover(db, move, async (tx, row) => {
    const gate = row.state === 'queued' ? await waitsForTurn(tx, row) : undefined
    if (gate !== undefined) return gate
    const placeId = row.targetPlaceId ?? (await reserveTarget(tx, row, settings))
    if (row.state !== 'queued') return undefined
    // Before anything is made: a queued move has nothing in the store, and is cancelled without a look there.
    const target = await readPlace(tx, placeId)
    await changeMove(tx, row, { state: 'preparing', gate: null }, { index: target?.index.name })
    return undefined
  })
  if (turn !== undefined) return wait(turn, 500)
  await context.at('prepare: target reserved')
  const target = await targetOf(context)
  const info = await readyIndex(context, target)
  await context.at('prepare: index made')
  if (!info.ready) return wait({ kind: 'index_starting', index: target.index.name }, 500)
  if (target.index.kind === 'silo')
    await asMover(db, move, (tx) =>
      tx.update(indexes).set({ state: 'ready', host: info.host }).where(eq(indexes.id, target.index.id)),
    )
  await context.at('prepare: index ready')
  const placement = toPlacement(target.place, { ...target.index, host: info.host })
  try {
    await stores.open(placement).createNamespace({ signal })
  } catch (error) {
    if (target.index.kind === 'silo' || !isAppError(error, 'namespace_limit_reached')) throw error
    await asMover(db, move, (tx, row) => releaseReservation(tx, row, target, settings.storeInDoubtMs))
    return next
  }
  await context.at('prepare: namespace made')
  await asMover(db, move, (tx, row) => arm(tx, row, target.place.id))
  return next

  /** Announces the move: from this epoch on no write begins, and the barrier waits for the returned tick. */
  async function arm(tx: Tx, row: MoveRow, targetPlaceId: number): Promise<void> {
    const routing = await readRouting(tx, row)
    if (routing.phase !== 'steady') throw new AppError('conflict', 'The tenant is already being moved.')
    if (routing.active.placeId !== row.sourcePlaceId) throw new AppError('conflict', 'The tenant has moved meanwhile.')
    const change = { phase: 'arm', followerPlaceId: targetPlaceId, moveId: row.id } as const
    const changed = await changeRouting(tx, row.tenantId, routing.epoch, change)
    // The tenant was changed in between, its tier for one: it is looked at again.
    if (changed === undefined) return
    await changeMove(tx, row, { state: 'arming', barrierTick: changed.tick })
  }
}

async function targetOf({ db, move }: StepContext): Promise<PlaceAndIndex> {
  return asMover(db, move, async (tx, row) => {
    const { target } = await readPlaces(tx, row)
    if (target === undefined) throw new Error('the target was just reserved')
    return target
  })
}

/** A shared index is ready when it is chosen; a silo's is made now. */
async function readyIndex(context: StepContext, target: PlaceAndIndex): Promise<Pick<IndexInfo, 'host' | 'ready'>> {
  const { kind, host } = target.index
  return kind === 'pool' ? { host: host ?? '', ready: host !== null } : ensureIndex(context, target)
}

/** Makes the index, or adopts an earlier try's; someone else's index of that name is left alone. */
async function ensureIndex(context: StepContext, { index }: PlaceAndIndex): Promise<IndexInfo> {
  const { stores, signal, move } = context
  const tags = { 'tenant-router': 'silo', move: move.id, model: modelTag(index.embeddingModel) }
  const known = await stores.describeIndex(index.project, index.name, { signal })
  if (known !== undefined) return adopt(known, tags.move)
  const { name, dimension, metric, cloud, region } = index
  try {
    return await stores.createIndex(index.project, { name, dimension, metric, cloud, region, tags }, { signal })
  } catch (error) {
    if (!isAppError(error, 'conflict')) throw error
    const made = await stores.describeIndex(index.project, index.name, { signal })
    if (made === undefined) throw error
    return adopt(made, tags.move)
  }
}

function adopt(info: IndexInfo, moveId: string): IndexInfo {
  if (info.tags.move === moveId) return info
  throw new AppError('conflict', `An index named ${info.name} exists and was not made by this move.`)
}
