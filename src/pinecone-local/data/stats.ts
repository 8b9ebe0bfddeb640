import type { LocalAnswer } from '../shapes/answer.ts'
import { invalid } from '../shapes/api-error.ts'
import type { ApiVersion } from '../shapes/api-version.ts'
import { field, isObject } from '../shapes/body-fields.ts'
import type { DataCall } from './call.ts'

/** POST /describe_index_stats: counts by namespace. */
export function indexStats({ engine, index, body, version }: DataCall): LocalAnswer {
  const filter = field(body, 'filter')
  if (filter !== undefined && !(isObject(filter) && Object.keys(filter).length === 0)) {
    throw invalid('Serverless and Starter indexes do not support describing index stats with metadata filtering')
  }
  const parts: string[] = []
  let total = 0
  for (const name of index.namespaces.keys()) {
    const namespace = engine.visible(index, name)
    if (namespace === null) continue
    total += namespace.recordCount
    parts.push(`${JSON.stringify(name)}:{"vectorCount":${namespace.recordCount}}`)
  }
  const kind = index.config.vector
  const rest = JSON.stringify({
    ...(kind.type === 'dense' ? { dimension: kind.dimension } : {}),
    indexFullness: 0,
    totalVectorCount: total,
    ...(version >= '2025-01'
      ? { metric: kind.type === 'dense' ? kind.metric : 'dotproduct', vectorType: kind.type }
      : {}),
    ...fullness(version),
  })
  return { status: 200, body: `{"namespaces":{${parts.join(',')}},${rest.slice(1)}` }
}

/** Fullness of dedicated reads, always 0 here. The field names changed with 2026-07. */
function fullness(version: ApiVersion): Record<string, number> {
  if (version < '2025-10') return {}
  return version < '2026-07' ? { memory_fullness: 0, storage_fullness: 0 } : { memoryFullness: 0, storageFullness: 0 }
}
