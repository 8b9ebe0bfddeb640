import type { ApiVersion } from './api-version.ts'

export type WireVectors =
  | { readonly type: 'dense'; readonly dimension: number; readonly metric: 'cosine' | 'dotproduct' | 'euclidean' }
  | { readonly type: 'sparse' }

export interface WireNamespace {
  readonly name: string
  readonly recordCount: number
  readonly sizeBytes: number
}

/** A namespace as list and describe show it. Since 2026-07 its 64-bit numbers are decimal strings. */
export function namespaceModel(
  { name, recordCount, sizeBytes }: WireNamespace,
  version: ApiVersion,
): Record<string, unknown> {
  return version === '2026-07'
    ? { name, record_count: String(recordCount), size_bytes: String(sizeBytes) }
    : { name, record_count: recordCount }
}

/** One unit per started ten records, at least one (docs: understanding cost). */
export function fetchUnits(records: number): number {
  return Math.max(1, Math.ceil(records / 10))
}

/** Counts by namespace, as /describe_index_stats shows them. */
export function statsModel(
  namespaces: readonly Pick<WireNamespace, 'name' | 'recordCount'>[],
  vectors: WireVectors,
  version: ApiVersion,
): Record<string, unknown> {
  return {
    namespaces: Object.fromEntries(namespaces.map(({ name, recordCount }) => [name, { vectorCount: recordCount }])),
    ...(vectors.type === 'dense' ? { dimension: vectors.dimension } : {}),
    indexFullness: 0,
    totalVectorCount: namespaces.reduce((sum, { recordCount }) => sum + recordCount, 0),
    ...(version >= '2025-01'
      ? { metric: vectors.type === 'dense' ? vectors.metric : 'dotproduct', vectorType: vectors.type }
      : {}),
    ...fullness(version),
  }
}

/** Fullness of dedicated reads, which neither server has. The field names changed with 2026-07. */
function fullness(version: ApiVersion): Record<string, number> {
  if (version < '2025-10') return {}
  return version < '2026-07' ? { memory_fullness: 0, storage_fullness: 0 } : { memoryFullness: 0, storageFullness: 0 }
}
