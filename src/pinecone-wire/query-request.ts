import { invalid } from './api-error.ts'
import { field, isObject, type JsonObject, optionalBoolean, optionalString, wholeNumber } from './body-fields.ts'
import { vendorLimits } from './limits.ts'
import { checkId } from './names.ts'

/** A search as the vendor's clients send it. What depends on the index (dimension, metric) is checked by its reader. */
export interface QueryRequest {
  readonly topK: number
  readonly includeValues: boolean
  readonly includeMetadata: boolean
  readonly filter: unknown
  /** The record whose vector is searched for, instead of the vectors. */
  readonly id?: string
  /** Undefined for none, which an empty list stands for too. */
  readonly vector: unknown
  readonly sparseVector: unknown
}

/** POST /query. @throws ApiError 400 */
export function readQuery(body: JsonObject): QueryRequest {
  const topK = wholeNumber(field(body, 'topK', 'top_k'), 'topK', 1, vendorLimits.topK)
  const includeValues = optionalBoolean(body, 'includeValues', 'include_values')
  const includeMetadata = optionalBoolean(body, 'includeMetadata', 'include_metadata')
  if (field(body, 'queries') !== undefined) throw invalid('queries is not supported. Use vector or id instead.')
  const id = optionalString(body, 'id')
  const given = field(body, 'vector')
  const vector = Array.isArray(given) && given.length === 0 ? undefined : given
  const sparse = field(body, 'sparseVector', 'sparse_vector')
  const sparseVector = isEmptySparse(sparse) ? undefined : sparse
  const asked = { topK, includeValues, includeMetadata, filter: field(body, 'filter'), vector, sparseVector }
  if (id === undefined || id === '') return asked
  if (vector !== undefined) throw invalid("Cannot provide both 'ID' and 'vector' at the same time")
  if (sparseVector !== undefined) throw invalid("Cannot provide both 'ID' and 'sparse_vector' at the same time")
  checkId(id)
  return { ...asked, id }
}

/** Older clients send an empty sparse vector where there is none. */
function isEmptySparse(value: unknown): boolean {
  if (!isObject(value)) return false
  const { indices = [], values = [] } = value
  return Array.isArray(indices) && Array.isArray(values) && indices.length === 0 && values.length === 0
}
