import type { IndexRow } from '../../registry/indexes.ts'
import { modelTag } from '../../stores/model-tag.ts'
import type { IndexInfo, IndexSpec } from '../../stores/store.ts'

/**
 * The creation request for an index. Its tags name the registry's row: an existing index is adopted only if this very
 * row asked for it, never one of another installation with the same prefix.
 */
export function indexSpec(row: IndexRow): IndexSpec {
  return {
    name: row.name,
    dimension: row.dimension,
    metric: row.metric,
    cloud: row.cloud,
    region: row.region,
    tags: { ...proofOf(row), model: modelTag(row.embeddingModel) },
  }
}

/** The tags that prove whose index it is. */
function proofOf(row: IndexRow): Readonly<Record<string, string>> {
  return { 'managed-by': 'tenant-router', 'tenant-router-index': `${row.id}-${row.createdAt.getTime()}` }
}

export function isOurs(info: IndexInfo, row: IndexRow): boolean {
  return Object.entries(proofOf(row)).every(([key, value]) => info.tags[key] === value)
}
