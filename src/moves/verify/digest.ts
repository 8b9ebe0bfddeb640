import { createHash } from 'node:crypto'
import { canonicalJson } from '../../canonical-json.ts'
import { embeddingStampKey, stampKey } from '../../stores/reserved.ts'
import type { VectorRecord } from '../../stores/store.ts'

/**
 * SHA-256 over a record's content: id, the bits of its float32 values, sparse values, canonical metadata. Its stamp is
 * excluded; other reserved keys (a chunk's position) are included.
 */
export function digestRecord(record: VectorRecord): string {
  const metadata = Object.entries(record.metadata ?? {}).filter(([key]) => key !== stampKey)
  return digestOf(record, record.values, metadata)
}

/** The same of what two places with different models have in common: not the vector, and not its stamp. */
export function digestContent(record: VectorRecord): string {
  const isStamp = (key: string) => key === stampKey || key === embeddingStampKey
  return digestOf(
    record,
    [],
    Object.entries(record.metadata ?? {}).filter(([key]) => !isStamp(key)),
  )
}

function digestOf(
  { id, sparseValues: sparse }: VectorRecord,
  values: readonly number[],
  metadata: readonly (readonly [string, unknown])[],
): string {
  const hash = createHash('sha256')
  const parts = [id, values.length, sparse?.indices ?? null, Object.fromEntries(metadata)]
  hash.update(canonicalJson(parts))
  hash.update(Float32Array.from(values))
  if (sparse !== undefined) hash.update(Float32Array.from(sparse.values))
  return hash.digest('hex')
}
