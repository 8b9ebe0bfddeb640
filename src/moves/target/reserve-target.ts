import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import { namespaceName, siloIndexName } from '../../placement/naming.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { indexes } from '../../registry/indexes.sql.ts'
import { type IndexRow, markFull, takeCapacity } from '../../registry/indexes.ts'
import { places } from '../../registry/places.sql.ts'
import { retirePlace } from '../../registry/places.ts'
import { lockProjects } from '../../registry/projects.ts'
import { tenants } from '../../registry/tenants.sql.ts'
import { changeMove, type MoveRow } from '../state/move-history.ts'
import { cleanups } from '../state/moves.sql.ts'
import { type PlaceAndIndex, readPlaces } from '../state/read-places.ts'
import type { MoveSettings } from '../sync/step.ts'
import { findTargetShard } from './find-target-shard.ts'
import { allowedProjects, siloProject, type TargetSettings, targetProjects } from './reserve-target-project.ts'
import { type TargetSpec, targetSpec } from './target-spec.ts'

export type ReserveSettings = TargetSettings & Pick<MoveSettings, 'indexPrefix'>

/**
 * Reserves the move's target before anything is made there: an index of its own, or capacity in a shared index; then the place, with its own generation and name, and its cleanup. A promote reserves when it is
 * accepted, since a project has few indexes; the others when they begin.
 * @returns the place's id.
 * @throws AppError `index_limit_reached`, `conflict` when no shared index has capacity.
 */
export async function reserveTarget(tx: Tx, row: MoveRow, settings: ReserveSettings): Promise<number> {
  const { source } = await readPlaces(tx, row)
  const generation = await nextGeneration(tx, row.tenantId, source.index.fields)
  const spec = await targetSpec(tx, settings, row, source.index)
  const index =
    spec.placeKind === 'silo'
      ? await reserveSilo(tx, row.tenantId, generation, spec, settings)
      : await reserveSeat(tx, row, source.index, spec, settings)
  const [place] = await tx
    .insert(places)
    .values({
      tenantId: row.tenantId,
      indexId: index.id,
      project: index.project,
      indexName: index.name,
      namespace: namespaceName(row.tenantId, generation),
      generation,
      state: 'follower',
      needsModel: source.place.needsModel || row.wantedModel !== null,
    })
    .returning({ id: places.id })
  if (place === undefined) throw new Error('an insert returns its row')
  await tx.insert(cleanups).values({ placeId: place.id, moveId: row.id })
  await changeMove(tx, row, { targetPlaceId: place.id })
  return place.id
}

/**
 * Handles a refused namespace: the shared index counts as full, and the next one is chosen. The sweep deletes what an
 * earlier try may have left, once nothing can land any more.
 */
export async function releaseReservation(
  tx: Tx,
  row: MoveRow,
  { place, index }: PlaceAndIndex,
  storeInDoubtMs: number,
): Promise<void> {
  await markFull(tx, index.id)
  await retirePlace(tx, place.id)
  await tx
    .update(cleanups)
    .set({ armed: true, moveId: null, notBefore: sql`now() + make_interval(secs => ${storeInDoubtMs / 1000})` })
    .where(and(eq(cleanups.placeId, place.id), isNull(cleanups.doneAt)))
  await changeMove(tx, row, { targetPlaceId: null })
}

/** Also keeps the fields of the index with the tenant, whose records take them along. */
async function nextGeneration(tx: Tx, tenantId: TenantId, fields: IndexRow['fields']): Promise<number> {
  const isAdopted = sql`${tenants.adoptedNamespace} is not null`
  const [tenant] = await tx
    .update(tenants)
    .set({
      lastGeneration: sql`${tenants.lastGeneration} + 1`,
      fields: sql`case when ${isAdopted} then coalesce(${tenants.fields}, ${JSON.stringify(fields)}::jsonb) end`,
    })
    .where(eq(tenants.id, tenantId))
    .returning({ generation: tenants.lastGeneration })
  if (tenant === undefined) throw new AppError('not_found', 'There is no such tenant.')
  return tenant.generation
}

async function reserveSilo(
  tx: Tx,
  tenantId: TenantId,
  generation: number,
  { space, region, project }: TargetSpec,
  settings: ReserveSettings,
): Promise<IndexRow> {
  await lockProjects(tx, targetProjects(settings))
  const choice = await siloProject(tx, settings, { region, project })
  if ('refused' in choice) throw choice.refused
  const [index] = await tx
    .insert(indexes)
    .values({
      project: choice.project.name,
      name: siloIndexName(settings.indexPrefix, tenantId, generation),
      kind: 'silo',
      tenantId,
      cloud: choice.project.cloud,
      region,
      embeddingModel: space.model,
      dimension: space.dimension,
      metric: space.metric,
      namespaceLimit: 1,
      namespacesUsed: 1,
      state: 'creating',
    })
    .returning()
  if (index === undefined) throw new Error('an insert returns its row')
  return index
}

/** Reserves capacity. Another caller may take the last one between choice and count: then the next index is chosen. */
async function reserveSeat(
  tx: Tx,
  row: MoveRow,
  source: IndexRow,
  { space, region, project }: TargetSpec,
  settings: TargetSettings,
): Promise<IndexRow> {
  for (;;) {
    const target = await findTargetShard(tx, {
      source,
      space,
      projects: allowedProjects(settings, { project }),
      region,
      wantedIndexId: row.wantedIndexId,
    })
    if ('refused' in target) throw new AppError('conflict', target.refused)
    const index = await takeCapacity(tx, target.shard.indexId, 1)
    if (index !== undefined) return index
  }
}
