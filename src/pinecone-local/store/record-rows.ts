import type { LocalSparseVector, StoredRecord } from '../shapes/record.ts'

export interface RecordRow {
  readonly id: string
  readonly metadata: string | null
  readonly dense: Uint8Array | null
  readonly sparse: Uint8Array | null
}

/** Float32 and uint32 in this machine's byte order; little-endian everywhere Node runs. */
export function denseBytes(values: Float32Array | null): Uint8Array | null {
  return values === null ? null : new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

/** All indices first, then all values. */
export function sparseBytes(sparse: LocalSparseVector | null): Uint8Array | null {
  if (sparse === null) return null
  const bytes = new Uint8Array(sparse.indices.length * 8)
  bytes.set(new Uint8Array(sparse.indices.buffer, sparse.indices.byteOffset, sparse.indices.byteLength), 0)
  bytes.set(
    new Uint8Array(sparse.values.buffer, sparse.values.byteOffset, sparse.values.byteLength),
    sparse.indices.length * 4,
  )
  return bytes
}

export function fromRow(row: RecordRow): StoredRecord {
  return { id: row.id, values: floats(row.dense), sparse: sparseOf(row.sparse), metadata: row.metadata }
}

/** A view where the blob is aligned, else a copy. */
function floats(bytes: Uint8Array | null): Float32Array | null {
  if (bytes === null) return null
  if (bytes.byteOffset % 4 === 0) return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
  return new Float32Array(bytes.slice().buffer)
}

function sparseOf(bytes: Uint8Array | null): LocalSparseVector | null {
  if (bytes === null) return null
  const copy = bytes.slice().buffer
  const count = bytes.byteLength / 8
  return { indices: new Uint32Array(copy, 0, count), values: new Float32Array(copy, count * 4, count) }
}
