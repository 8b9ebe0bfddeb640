import { invalid } from '../../pinecone-wire/api-error.ts'
import { isObject } from '../../pinecone-wire/body-fields.ts'
import { vendorLimits } from '../../pinecone-wire/limits.ts'
import type { LocalSparseVector } from '../shapes/record.ts'
import type { VectorKind } from '../store/catalog.ts'

/** Below this a value counts as zero (API reference 2026-07, Vector). */
const smallest = 1e-8

/** Numbers as float32. @throws ApiError 400. */
export function floatList(value: unknown, name: string): Float32Array {
  if (!Array.isArray(value)) throw invalid(`${name}: expected a list of numbers`)
  const floats = new Float32Array(value.length)
  for (let i = 0; i < value.length; i++) {
    const number: unknown = value[i]
    if (typeof number !== 'number') throw invalid(`${name}: expected a number, got ${JSON.stringify(number)}`)
    const float = Math.fround(number)
    if (!Number.isFinite(float)) throw invalid(`${name}: ${number} does not fit a 32-bit float`)
    floats[i] = float
  }
  return floats
}

/** The dense part of a record, or null where there is none. */
export function denseValues(value: unknown, kind: VectorKind, id: string): Float32Array | null {
  const values = value === undefined || value === null ? null : floatList(value, 'values')
  if (values === null || values.length === 0) return null
  checkDense(values, kind)
  if (!values.some((float) => Math.abs(float) >= smallest)) {
    throw invalid(`Dense vectors must contain at least one non-zero value. Vector ID ${id} contains only zeros`)
  }
  return values
}

/** @throws ApiError 400 where the index cannot hold or compare such a vector. */
export function checkDense(values: Float32Array, kind: VectorKind): void {
  if (kind.type === 'sparse') throw invalid('Sparse indexes do not support dense vector values')
  if (values.length !== kind.dimension) {
    throw invalid(`Vector dimension ${values.length} does not match the dimension of the index ${kind.dimension}`)
  }
}

/** @throws ApiError 400. */
export function sparseVector(value: unknown, name: string): LocalSparseVector | null {
  if (value === undefined || value === null) return null
  if (!isObject(value)) throw invalid(`${name}: expected an object with indices and values`)
  const values = floatList(value.values ?? [], `${name}.values`)
  const indices = sparseIndices(value.indices ?? [], name)
  if (indices.length !== values.length) {
    throw invalid(`Sparse vector size mismatch: ${indices.length} indices and ${values.length} values`)
  }
  if (indices.length === 0) return null
  if (indices.length > vendorLimits.sparseValues) {
    throw invalid(`Sparse vectors may have at most ${vendorLimits.sparseValues} values, got ${indices.length}`)
  }
  if (new Set(indices).size !== indices.length) throw invalid(`${name}.indices must be unique`)
  if (values.includes(0)) throw invalid('Sparse vector must not contain zero values')
  return { indices, values }
}

function sparseIndices(value: unknown, name: string): Uint32Array {
  if (!Array.isArray(value)) throw invalid(`${name}.indices: expected a list of integers`)
  const indices = new Uint32Array(value.length)
  for (let i = 0; i < value.length; i++) {
    const index: unknown = value[i]
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index > 0xffffffff) {
      throw invalid(`${name}.indices: expected an unsigned 32-bit integer, got ${JSON.stringify(index)}`)
    }
    indices[i] = index
  }
  return indices
}
