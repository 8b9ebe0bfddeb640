import { searchKernel } from './search-kernel.ts'

/** Where the kernel's one MiB of memory holds what: the query (at most 20,000 × 8 bytes), a chunk of rows, the scores. */
const queryAt = 0
const rowsAt = 160 * 1024
const scoresAt = rowsAt + 256 * 1024

interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer }
  dots(rows: number, query: number, out: number, count: number, length: number): void
  distances(rows: number, query: number, out: number, count: number, length: number): void
}

/** Node has it; the type definitions of Node lack its constructors. */
interface WasmRuntime {
  readonly Module: new (code: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: Kernel }
}

const { WebAssembly: wasm } = globalThis as unknown as { readonly WebAssembly: WasmRuntime }
const { exports: kernel } = new wasm.Instance(new wasm.Module(Buffer.from(searchKernel, 'base64')))

/**
 * Scores whole chunks of rows against `query`: the dot product, or for euclidean the squared distance.
 * @returns a function of a chunk (at most 256 KiB, see vector-block.ts) and how many rows of it count; the scores it
 * returns are valid until the next call of any scorer.
 */
export function rowScorer(
  metric: 'cosine' | 'dotproduct' | 'euclidean',
  query: Float32Array,
): (chunk: Float32Array, count: number) => Float64Array {
  const length = query.length
  const score = metric === 'euclidean' ? kernel.distances : kernel.dots
  new Float64Array(kernel.memory.buffer, queryAt, length).set(query)
  return (chunk, count) => {
    new Float32Array(kernel.memory.buffer, rowsAt, count * length).set(chunk.subarray(0, count * length))
    score(rowsAt, queryAt, scoresAt, count, length)
    return new Float64Array(kernel.memory.buffer, scoresAt, count)
  }
}
