const chunkBytes = 256 * 1024

/** Rows of float32 in chunks, so that a large namespace grows without a copy and a small one stays small. */
export class VectorBlock {
  readonly dimension: number
  readonly rowsPerChunk: number
  readonly #chunks: Float32Array[] = []
  bytes = 0

  constructor(dimension: number) {
    this.dimension = dimension
    this.rowsPerChunk = Math.max(1, Math.floor(chunkBytes / (dimension * 4)))
  }

  set(row: number, values: Float32Array): void {
    this.#room(row).set(values, (row % this.rowsPerChunk) * this.dimension)
  }

  copy(from: number, to: number): void {
    this.set(to, this.row(from))
  }

  /** A view; it is valid until the next write. */
  row(row: number): Float32Array {
    const start = (row % this.rowsPerChunk) * this.dimension
    return this.chunk(Math.floor(row / this.rowsPerChunk)).subarray(start, start + this.dimension)
  }

  chunk(index: number): Float32Array {
    const chunk = this.#chunks[index]
    if (chunk === undefined) throw new RangeError(`no vectors at chunk ${index}`)
    return chunk
  }

  #room(row: number): Float32Array {
    const index = Math.floor(row / this.rowsPerChunk)
    const needed = ((row % this.rowsPerChunk) + 1) * this.dimension
    const chunk = this.#chunks[index]
    if (chunk !== undefined && chunk.length >= needed) return chunk
    // The first rows of a chunk double its size; a chunk after the first is taken whole.
    const full = this.rowsPerChunk * this.dimension
    const length = index > 0 ? full : Math.min(full, Math.max(needed, (chunk?.length ?? 0) * 2))
    const grown = new Float32Array(length)
    if (chunk !== undefined) grown.set(chunk)
    this.#chunks[index] = grown
    this.bytes += grown.byteLength - (chunk?.byteLength ?? 0)
    return grown
  }
}
