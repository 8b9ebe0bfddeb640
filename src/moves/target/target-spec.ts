import type { Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import { isSameSpace, type PlaceKind, type VectorSpace } from '../../placement/placement.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import type { IndexRow } from '../../registry/indexes.ts'
import type { MoveKind } from '../state/move-state.ts'
import type { TargetModel } from '../sync/step.ts'
import { regionOf } from './find-target-shard.ts'

/** A move's wishes for its target, as its row has them. */
export interface TargetWish {
  readonly tenantId: TenantId
  readonly kind: MoveKind
  /** The embedding model of the target; null: that of the source. */
  readonly wantedModel: string | null
  /** The metric of the target; null: that of the source, or of the model. */
  readonly wantedMetric: VectorSpace['metric'] | null
  /** The region and the Pinecone project of a relocation; null: as the tenant has them. */
  readonly wantedRegion: string | null
  readonly wantedProject: string | null
}

/** The kind of index that a move's target needs, and where. */
export interface TargetSpec {
  readonly placeKind: PlaceKind
  readonly space: VectorSpace
  readonly region: string
  /** The only Pinecone project that may hold it; null: any. */
  readonly project: string | null
}

interface SpecSettings {
  readonly region: string
  readonly models?: readonly TargetModel[]
}

/** @throws AppError `invalid_request` for a model that no setting names. */
export async function targetSpec(
  tx: Tx,
  settings: SpecSettings,
  { tenantId, kind, wantedModel, wantedMetric, wantedRegion, wantedProject }: TargetWish,
  source: IndexRow,
): Promise<TargetSpec> {
  const isNewSilo = kind === 'promote'
  return {
    placeKind: placeKindOf(kind, source),
    space: wantedModel === null ? keptSpace(source, wantedMetric) : namedSpace(settings, wantedModel),
    region: wantedRegion ?? (await regionOf(tx, tenantId, isNewSilo ? settings.region : source.region)),
    project: wantedProject,
  }
}

function placeKindOf(kind: MoveKind, source: IndexRow): PlaceKind {
  switch (kind) {
    case 'promote':
      return 'silo'
    case 'demote':
    case 'rebalance':
      return 'pool'
    case 'reembed':
    case 'relocate':
      return source.kind
  }
}

/** The vector space of an index. */
export function spaceOf({ embeddingModel: model, dimension, metric }: IndexRow): VectorSpace {
  return { model, dimension, metric }
}

/** Whether records go to a target as they are, bit by bit. */
export function keepsRecords({ space }: TargetSpec, source: IndexRow): boolean {
  return isSameSpace(space, spaceOf(source)) && space.metric === source.metric
}

function keptSpace(source: IndexRow, metric: VectorSpace['metric'] | null): VectorSpace {
  const space = spaceOf(source)
  return metric === null ? space : { ...space, metric }
}

/**
 * The other metric of a named index, where vectors may go as they are: cosine and dot product are the same for vectors
 * of unit length, which the move checks record by record. Null: the index has the same metric, or does not fit at all.
 */
export function otherMetric(source: IndexRow, wanted: IndexRow | undefined): VectorSpace['metric'] | null {
  if (wanted === undefined || wanted.metric === source.metric) return null
  const areAlike = [source, wanted].every(({ metric }) => metric === 'cosine' || metric === 'dotproduct')
  return areAlike && isSameSpace(spaceOf(source), spaceOf(wanted)) ? wanted.metric : null
}

function namedSpace({ models = [] }: SpecSettings, name: string): VectorSpace {
  const found = models.find((one) => one.name === name)
  if (found !== undefined)
    return { model: name, dimension: found.dimension, metric: found.metric as VectorSpace['metric'] }
  const known = models.map((one) => one.name).join(', ') || 'none'
  const message = `No setting names the embedding model ${name}; add it to EMBEDDING_MODELS. Known: ${known}.`
  throw new AppError('invalid_request', message, { faults: [{ path: 'model', message }] })
}
