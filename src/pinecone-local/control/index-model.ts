import type { ApiVersion } from '../shapes/api-version.ts'
import type { IndexEntry } from '../store/catalog.ts'

/**
 * An index in the form of describe. Version 2026-07 returns a schema and a deployment, earlier versions a dimension, a
 * metric and a spec; 2026-04 gets both, since its preview had the new fields.
 *
 * @param origin `http://host:port` as the caller reached this server, so that the host works for that caller.
 */
export function indexModel(index: IndexEntry, version: ApiVersion, origin: string): Record<string, unknown> {
  const { deletionProtection } = index.config
  const common = {
    name: index.name,
    host: `${origin}/i/${index.hostKey}`,
    status: status(index),
    deletion_protection: deletionProtection,
  }
  return {
    ...common,
    ...tagsFor(version, index.config.tags),
    ...(version === '2026-07' ? {} : classic(index, version)),
    ...(version < '2026-04' ? {} : bySchema(index)),
  }
}

function tagsFor(version: ApiVersion, tags: IndexEntry['config']['tags']): Record<string, unknown> {
  if (version < '2024-10') return {}
  // Only 2026-07 says that an index without tags has null.
  return tags !== null || version === '2026-07' ? { tags } : {}
}

export function isReady(index: IndexEntry): boolean {
  return Date.now() >= index.config.readyAtMs
}

function status(index: IndexEntry): { ready: boolean; state: string } {
  return isReady(index) ? { ready: true, state: 'Ready' } : { ready: false, state: 'Initializing' }
}

const readCapacity = { mode: 'OnDemand', status: { state: 'Ready' } }

function classic({ config }: IndexEntry, version: ApiVersion): Record<string, unknown> {
  const { vector, cloud, region, metadataSchema } = config
  const serverless = {
    cloud,
    region,
    ...(version >= '2025-10' ? { read_capacity: readCapacity } : {}),
    ...(version >= '2025-10' && metadataSchema !== undefined ? { schema: metadataSchema } : {}),
  }
  return {
    ...(vector.type === 'dense' ? { dimension: vector.dimension, metric: vector.metric } : { metric: 'dotproduct' }),
    ...(version >= '2025-01' ? { vector_type: vector.type } : {}),
    spec: { serverless },
  }
}

function bySchema({ config }: IndexEntry): Record<string, unknown> {
  const { vector, cloud, region } = config
  const sparse = { _sparse_values: { type: 'sparse_vector', description: null } }
  // A dense index reports the sparse field too, however it was created.
  const fields =
    vector.type === 'sparse'
      ? sparse
      : {
          _values: { type: 'dense_vector', description: null, dimension: vector.dimension, metric: vector.metric },
          ...sparse,
        }
  return {
    schema: { fields },
    deployment: { deployment_type: 'managed', cloud, region, environment: `${region}-${cloud}` },
    read_capacity: readCapacity,
  }
}
