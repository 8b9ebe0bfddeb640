import { floatsJson } from './float-text.ts'

export interface LocalSparseVector {
  readonly indices: Uint32Array
  readonly values: Float32Array
}

/** A stored record: float32 values, metadata as JSON text. */
export interface StoredRecord {
  readonly id: string
  readonly values: Float32Array | null
  readonly sparse: LocalSparseVector | null
  readonly metadata: string | null
}

/** Bytes of a record by the vendor's count: 4 per dimension, 8 per sparse value, and the metadata's text. */
export function recordBytes(record: StoredRecord): number {
  return (
    record.id.length +
    (record.values?.byteLength ?? 0) +
    (record.sparse === null ? 0 : record.sparse.indices.length * 8) +
    (record.metadata?.length ?? 0)
  )
}

/** The record in the API's form, spliced from stored JSON. */
export function recordJson(record: StoredRecord, values: boolean, metadata: boolean): string {
  let text = `"id":${JSON.stringify(record.id)},"values":`
  text += values && record.values !== null ? floatsJson(record.values) : '[]'
  if (values && record.sparse !== null) text += `,"sparseValues":${sparseJson(record.sparse)}`
  if (metadata && record.metadata !== null) text += `,"metadata":${record.metadata}`
  return text
}

function sparseJson(sparse: LocalSparseVector): string {
  return `{"indices":[${sparse.indices.join(',')}],"values":${floatsJson(sparse.values)}}`
}
