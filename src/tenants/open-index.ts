import type { Tx } from '../db/connect.ts'
import { AppError } from '../errors.ts'
import { poolIndexName, siloIndexName } from '../placement/naming.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { countIndexes, type IndexRow, insertIndex, type NewIndex, nextOrdinal } from '../registry/indexes.ts'
import type { TenantSettings } from './settings.ts'

export type IndexOrder =
  | { readonly kind: 'pool'; readonly region: string; readonly namespaceLimit?: number | undefined }
  | { readonly kind: 'silo'; readonly region: string; readonly tenantId: TenantId; readonly generation: number }

/**
 * Writes down that an index is being made; `indexMaker` then makes it. The caller holds the project's lock
 * (`lockProject`), so the limit can't be passed by two at once and a number is given once.
 * @throws AppError `index_limit_reached`; nothing was written.
 */
export async function openIndex(tx: Tx, settings: TenantSettings, order: IndexOrder): Promise<IndexRow> {
  const { project, projectIndexLimit } = settings
  if ((await countIndexes(tx, project)) >= projectIndexLimit) throw projectIsFull(projectIndexLimit)
  const common = {
    project,
    cloud: settings.cloud,
    region: order.region,
    embeddingModel: settings.embeddingModel,
    dimension: settings.dimension,
    metric: settings.metric,
    state: 'creating',
  } as const
  const index: NewIndex =
    order.kind === 'silo'
      ? {
          ...common,
          kind: 'silo',
          name: siloIndexName(settings.indexPrefix, order.tenantId, order.generation),
          tenantId: order.tenantId,
          namespaceLimit: 1,
        }
      : await poolIndex(tx, settings, common, order.namespaceLimit)
  return insertIndex(tx, index, settings.storeInDoubtMs)
}

async function poolIndex(
  tx: Tx,
  settings: TenantSettings,
  common: Omit<NewIndex, 'kind' | 'name' | 'namespaceLimit'>,
  namespaceLimit = settings.poolNamespaceLimit,
): Promise<NewIndex> {
  const ordinal = await nextOrdinal(tx, settings.project)
  return { ...common, kind: 'pool', ordinal, name: poolIndexName(settings.indexPrefix, ordinal), namespaceLimit }
}

function projectIsFull(limit: number): AppError {
  return new AppError(
    'index_limit_reached',
    `No shared index has room and the Pinecone project's limit of ${limit} indexes is reached: nothing was changed. Free an index, or raise the project's limit and PROJECT_INDEX_LIMIT.`,
  )
}
