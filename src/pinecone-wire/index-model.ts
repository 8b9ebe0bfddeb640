import type { ApiVersion } from './api-version.ts'
import type { WireVectors } from './describe-answers.ts'

export interface WireIndex {
  readonly name: string
  readonly host: string
  readonly isReady: boolean
  readonly deletionProtection: 'enabled' | 'disabled'
  readonly tags: Readonly<Record<string, string>> | null
  readonly vectors: WireVectors
  readonly cloud: string
  readonly region: string
  /** `{fields:{name:{filterable:true}}}` of metadata, as given. */
  readonly metadataSchema?: unknown
}

/**
 * An index in the form of describe. Version 2026-07 returns a schema and a deployment, earlier versions a dimension, a
 * metric and a spec; 2026-04 gets both, since its preview had the new fields.
 */
export function indexModel(index: WireIndex, version: ApiVersion): Record<string, unknown> {
  const { name, host, isReady, deletionProtection } = index
  const common = {
    name,
    host,
    status: isReady ? { ready: true, state: 'Ready' } : { ready: false, state: 'Initializing' },
    deletion_protection: deletionProtection,
  }
  return {
    ...common,
    ...tagsFor(version, index.tags),
    ...(version === '2026-07' ? {} : classic(index, version)),
    ...(version < '2026-04' ? {} : bySchema(index)),
  }
}

function tagsFor(version: ApiVersion, tags: WireIndex['tags']): Record<string, unknown> {
  if (version < '2024-10') return {}
  // Only 2026-07 says that an index without tags has null.
  return tags !== null || version === '2026-07' ? { tags } : {}
}

const readCapacity = { mode: 'OnDemand', status: { state: 'Ready' } }

function classic({ vectors, cloud, region, metadataSchema }: WireIndex, version: ApiVersion): Record<string, unknown> {
  const serverless = {
    cloud,
    region,
    ...(version >= '2025-10' ? { read_capacity: readCapacity } : {}),
    ...(version >= '2025-10' && metadataSchema !== undefined ? { schema: metadataSchema } : {}),
  }
  return {
    ...(vectors.type === 'dense' ? { dimension: vectors.dimension, metric: vectors.metric } : { metric: 'dotproduct' }),
    ...(version >= '2025-01' ? { vector_type: vectors.type } : {}),
    spec: { serverless },
  }
}

function bySchema({ vectors, cloud, region }: WireIndex): Record<string, unknown> {
  const sparse = { _sparse_values: { type: 'sparse_vector', description: null } }
  // A dense index reports the sparse field too, however it was created.
  const fields =
    vectors.type === 'sparse'
      ? sparse
      : {
          _values: { type: 'dense_vector', description: null, dimension: vectors.dimension, metric: vectors.metric },
          ...sparse,
        }
  return {
    schema: { fields },
    deployment: { deployment_type: 'managed', cloud, region, environment: `${region}-${cloud}` },
    read_capacity: readCapacity,
  }
}
