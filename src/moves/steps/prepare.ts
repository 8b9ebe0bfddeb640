import { eq, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { AppError, isAppError } from '../../errors.ts'
import { namespaceName, siloIndexName } from '../../placement/naming.ts'
import { changeRouting } from '../../registry/change-routing.ts'
import { indexes } from '../../registry/indexes.sql.ts'
import { places } from '../../registry/places.sql.ts'
import { toPlacement } from '../../registry/places.ts'
import { tenants } from '../../registry/tenants.sql.ts'
import type { IndexInfo } from '../../stores/store.ts'
import { refuseOverLimit } from '../index-limit.ts'
import { asMover, changeMove, type MoveRow } from '../journal.ts'
import { cleanups } from '../moves.sql.ts'
import { type PlaceAndIndex, readPlaces, readRouting } from '../read-places.ts'
import { next, type Step, type StepContext, wait } from '../step.ts'

/** Makes the target, empty: a cleanup row first, then the index under its name, then the namespace. Then it arms. */
export const prepare: Step = async (context) => {
  const { db, stores, move, signal } = context
  await asMover(db, move, async (tx, row) => {
    if (row.targetPlaceId === null) await reserveSilo(tx, row, context)
  })
  await context.at('prepare: target reserved')
  const target = await targetOf(context)
  const info = await ensureIndex(context, target)
  await context.at('prepare: index made')
  if (!info.ready) return wait(`the index ${target.index.name} is starting`, 500)
  await asMover(db, move, (tx) =>
    tx.update(indexes).set({ state: 'ready', host: info.host }).where(eq(indexes.id, target.index.id)),
  )
  await context.at('prepare: index ready')
  const placement = toPlacement(target.place, { ...target.index, host: info.host })
  await stores.open(placement).createNamespace({ signal })
  await context.at('prepare: namespace made')
  await asMover(db, move, (tx, row) => arm(tx, row, target.place.id))
  return next

  /** Announces the move: from this epoch on no write begins, and the tick is what the barrier waits for. */
  async function arm(tx: Tx, row: MoveRow, targetPlaceId: number): Promise<void> {
    const routing = await readRouting(tx, row)
    if (routing.phase !== 'steady') throw new AppError('conflict', 'The tenant is already being moved.')
    if (routing.active.placeId !== row.sourcePlaceId) throw new AppError('conflict', 'The tenant has moved meanwhile.')
    const change = { phase: 'arm', followerPlaceId: targetPlaceId, moveId: row.id } as const
    const changed = await changeRouting(tx, row.tenantId, routing.epoch, change)
    if (changed === undefined) throw new AppError('conflict', 'The routing changed meanwhile.')
    await changeMove(tx, row, { state: 'arming', barrierTick: changed.tick })
  }

  async function reserveSilo(tx: Tx, row: MoveRow, { settings }: StepContext): Promise<void> {
    const { source } = await readPlaces(tx, row)
    await refuseOverLimit(tx, settings.project, settings.projectIndexLimit)
    const [tenant] = await tx
      .update(tenants)
      .set({ lastGeneration: sql`${tenants.lastGeneration} + 1` })
      .where(eq(tenants.id, row.tenantId))
      .returning({ generation: tenants.lastGeneration, region: tenants.region })
    if (tenant === undefined) throw new AppError('not_found', 'There is no such tenant.')
    const name = siloIndexName(settings.indexPrefix, row.tenantId, tenant.generation)
    const [index] = await tx
      .insert(indexes)
      .values({
        project: settings.project,
        name,
        kind: 'silo',
        tenantId: row.tenantId,
        cloud: settings.cloud,
        region: tenant.region ?? settings.region,
        embeddingModel: source.index.embeddingModel,
        dimension: source.index.dimension,
        metric: source.index.metric,
        namespaceLimit: 1,
        namespacesUsed: 1,
        state: 'creating',
      })
      .returning({ id: indexes.id })
    const [place] = await tx
      .insert(places)
      .values({
        tenantId: row.tenantId,
        indexId: index?.id ?? Number.NaN,
        project: settings.project,
        indexName: name,
        namespace: namespaceName(row.tenantId, tenant.generation),
        generation: tenant.generation,
        state: 'follower',
      })
      .returning({ id: places.id })
    const targetPlaceId = place?.id ?? Number.NaN
    await tx.insert(cleanups).values({ placeId: targetPlaceId, moveId: row.id })
    await changeMove(tx, row, { state: 'preparing', targetPlaceId }, { index: name })
  }
}

async function targetOf({ db, move }: StepContext): Promise<PlaceAndIndex> {
  return asMover(db, move, async (tx, row) => {
    const { target } = await readPlaces(tx, row)
    if (target === undefined) throw new Error('the target was just reserved')
    return target
  })
}

/** Makes the index, or adopts the one that an earlier try made; a stranger's index of that name is left alone. */
async function ensureIndex(context: StepContext, { index }: PlaceAndIndex): Promise<IndexInfo> {
  const { stores, signal, move } = context
  const tags = { 'tenant-router': 'silo', move: move.id }
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
