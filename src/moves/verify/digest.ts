import { createHash } from 'node:crypto'
import { canonicalJson } from '../../canonical-json.ts'
import { stampKey } from '../../stores/reserved.ts'
import type { VectorRecord } from '../../stores/store.ts'

/**
 * SHA-256 over a record's content: id, the bits of its float32 values, sparse values, canonical metadata. Its stamp is
 * excluded; other reserved keys (a chunk's position) are included.
 */
export function digestRecord(record: VectorRecord): string {
  const hash = createHash('sha256')
  const metadata = Object.entries(record.metadata ?? {}).filter(([key]) => key !== stampKey)
  const sparse = record.sparseValues
  const parts = [record.id, record.values.length, sparse?.indices ?? null, Object.fromEntries(metadata)]
  hash.update(canonicalJson(parts))
  hash.update(Float32Array.from(record.values))
  if (sparse !== undefined) hash.update(Float32Array.from(sparse.values))
  return hash.digest('hex')
}
