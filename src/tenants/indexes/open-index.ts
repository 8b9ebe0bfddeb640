import type { Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import { chooseProject, noProjectError, type Project } from '../../placement/choose-project.ts'
import { poolIndexName, siloIndexName } from '../../placement/naming.ts'
import type { VectorSpace } from '../../placement/placement.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { type IndexRow, insertIndex, type NewIndex, nextOrdinal } from '../../registry/indexes.ts'
import { countIndexesByProject } from '../../registry/projects.ts'
import type { TenantSettings } from '../places/settings.ts'

export type IndexOrder =
  | {
      readonly kind: 'pool'
      readonly region: string
      /** The only Pinecone project that it may be made in. */
      readonly project?: string | undefined
      readonly namespaceLimit?: number | undefined
      /** Without it, the model of new tenants. */
      readonly space?: VectorSpace | undefined
    }
  | { readonly kind: 'silo'; readonly region: string; readonly tenantId: TenantId; readonly generation: number }

/**
 * Records that an index is being made, in the project that policy and quota allow; `makeIndex` then makes it. The
 * caller holds the projects' locks (`lockProjects`), so that concurrent callers can neither exceed a limit nor use a
 * number twice.
 * @throws AppError `index_limit_reached`, `invalid_request` (no project serves the region, or none has the name), `conflict` (none there may
 *   hold the kind); nothing was written.
 */
export async function openIndex(tx: Tx, settings: TenantSettings, order: IndexOrder): Promise<IndexRow> {
  const choice = chooseProject(projectsFor(settings, order), await countIndexesByProject(tx), order)
  if ('none' in choice) throw noProjectError(choice.none, order)
  const { project } = choice
  const standard = { model: settings.embeddingModel, dimension: settings.dimension, metric: settings.metric }
  const { space = standard } = order.kind === 'pool' ? order : {}
  const common = {
    project: project.name,
    cloud: project.cloud,
    region: order.region,
    embeddingModel: space.model,
    dimension: space.dimension,
    metric: space.metric,
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
      : await poolIndex(tx, settings, project, common, order.namespaceLimit)
  return insertIndex(tx, index, settings.storeInDoubtMs)
}

function projectsFor({ projects }: TenantSettings, order: IndexOrder): readonly Project[] {
  const wanted = order.kind === 'pool' ? order.project : undefined
  const found = projects.filter(({ name }) => wanted === undefined || name === wanted)
  if (found.length > 0) return found
  const message = `No setting names a Pinecone project ${wanted}.`
  throw new AppError('invalid_request', message, { faults: [{ path: 'project', message }] })
}

async function poolIndex(
  tx: Tx,
  settings: TenantSettings,
  project: Project,
  common: Omit<NewIndex, 'kind' | 'name' | 'namespaceLimit'>,
  namespaceLimit = settings.poolNamespaceLimit,
): Promise<NewIndex> {
  const ordinal = await nextOrdinal(tx, project.name)
  return { ...common, kind: 'pool', ordinal, name: poolIndexName(settings.indexPrefix, ordinal), namespaceLimit }
}
