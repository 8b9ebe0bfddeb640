import { type LocalMetadata, parseMetadata } from '../shapes/metadata.ts'
import type { LocalSparseVector, StoredRecord } from '../shapes/record.ts'
import { VectorBlock } from './vector-block.ts'

/** Memory of a row beside its vector: map entry, array slots, the parsed metadata. */
const rowOverheadBytes = 200

/** A namespace's records in memory, in the form that search needs. Rows are dense: the last one fills a gap. */
export class HotNamespace {
  readonly vectors: VectorBlock | null
  readonly ids: string[] = []
  readonly norms: number[] = []
  readonly sparse: (LocalSparseVector | null)[] = []
  readonly #metadata: (string | null)[] = []
  readonly #parsed: (LocalMetadata | undefined)[] = []
  readonly #rows = new Map<string, number>()
  #otherBytes = 0

  /** @param dimension null for a sparse index. */
  constructor(dimension: number | null) {
    this.vectors = dimension === null ? null : new VectorBlock(dimension)
  }

  get count(): number {
    return this.ids.length
  }

  get bytes(): number {
    return this.#otherBytes + (this.vectors?.bytes ?? 0) + 1_000
  }

  put(record: StoredRecord): void {
    let row = this.#rows.get(record.id)
    if (row === undefined) {
      row = this.ids.length
      this.ids.push(record.id)
      this.#rows.set(record.id, row)
    } else {
      this.#otherBytes -= this.#rowBytes(row)
    }
    if (this.vectors !== null && record.values !== null) {
      this.vectors.set(row, record.values)
      this.norms[row] = norm(record.values)
    }
    this.sparse[row] = record.sparse
    this.#metadata[row] = record.metadata
    this.#parsed[row] = undefined
    this.#otherBytes += this.#rowBytes(row)
  }

  delete(id: string): void {
    const row = this.#rows.get(id)
    if (row === undefined) return
    const last = this.ids.length - 1
    this.#otherBytes -= this.#rowBytes(row)
    if (row !== last) {
      const moved = this.ids[last] as string
      this.ids[row] = moved
      this.#rows.set(moved, row)
      this.vectors?.copy(last, row)
      this.norms[row] = this.norms[last] ?? 0
      this.sparse[row] = this.sparse[last] ?? null
      this.#metadata[row] = this.#metadata[last] ?? null
      this.#parsed[row] = this.#parsed[last]
    }
    for (const list of [this.ids, this.norms, this.sparse, this.#metadata, this.#parsed]) {
      if (list.length > last) list.length = last
    }
    this.#rows.delete(id)
  }

  metadata(row: number): LocalMetadata {
    const known = this.#parsed[row]
    if (known !== undefined) return known
    const parsed = parseMetadata(this.#metadata[row] ?? null)
    this.#parsed[row] = parsed
    return parsed
  }

  record(row: number): StoredRecord {
    return {
      id: this.ids[row] as string,
      values: this.vectors === null ? null : this.vectors.row(row),
      sparse: this.sparse[row] ?? null,
      metadata: this.#metadata[row] ?? null,
    }
  }

  #rowBytes(row: number): number {
    // Metadata counts twice: its text and what the first filter makes of it.
    const text = this.#metadata[row]?.length ?? 0
    const sparse = (this.sparse[row]?.indices.length ?? 0) * 8
    return (this.ids[row]?.length ?? 0) * 2 + text * 2 + sparse + rowOverheadBytes
  }
}

export function norm(values: Float32Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) * (values[i] as number)
  return Math.sqrt(sum)
}
