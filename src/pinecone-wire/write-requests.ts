import { invalid } from './api-error.ts'
import { field, isObject, type JsonObject, optionalBoolean, optionalString, stringList } from './body-fields.ts'
import { vendorLimits } from './limits.ts'
import { checkId } from './names.ts'

/** One record of an upsert; its values and metadata are checked by its reader. */
export interface RecordRequest {
  readonly id: string
  readonly values: unknown
  readonly sparseValues: unknown
  readonly metadata: unknown
}

/** POST /vectors/upsert. @throws ApiError 400 */
export function readUpsert(body: JsonObject): RecordRequest[] {
  const { vectors } = body
  if (!Array.isArray(vectors) || vectors.length === 0) throw invalid('vectors: expected at least one vector')
  if (vectors.length > vendorLimits.upsertRecords) {
    throw invalid(`The number of vectors exceeds the limit of ${vendorLimits.upsertRecords}, got ${vectors.length}`)
  }
  return vectors.map((item: unknown) => {
    if (!isObject(item)) throw invalid(`vectors: expected an object, got ${JSON.stringify(item)}`)
    const { id, values, metadata } = item
    if (typeof id !== 'string') throw invalid('vectors: every vector needs an id, a string')
    checkId(id)
    return { id, values, sparseValues: field(item, 'sparseValues', 'sparse_values'), metadata }
  })
}

/** @throws ApiError 400 above the vendor's size of a decoded request: 4 bytes a dimension, 8 a sparse value. */
export function checkUpsertBytes(bytes: number): void {
  if (bytes <= vendorLimits.upsertBytes) return
  const megabytes = Math.ceil(bytes / (1024 * 1024))
  throw invalid(`Request size ${megabytes}MB exceeds the maximum supported size of 2MB`)
}

export type UpdateRequest =
  | {
      readonly kind: 'one'
      readonly id: string
      readonly values: unknown
      readonly sparseValues: unknown
      readonly setMetadata: unknown
    }
  | { readonly kind: 'matching'; readonly filter: unknown; readonly setMetadata: unknown; readonly dryRun: boolean }

/** POST /vectors/update: one record by id, or the metadata of all that match a filter. @throws ApiError 400 */
export function readUpdate(body: JsonObject): UpdateRequest {
  const id = optionalString(body, 'id')
  const filter = field(body, 'filter')
  const values = field(body, 'values')
  const sparseValues = field(body, 'sparseValues', 'sparse_values')
  const setMetadata = field(body, 'setMetadata', 'set_metadata')
  if (id !== undefined && id !== '') {
    if (filter !== undefined) throw invalid("Cannot provide both 'id' and 'filter' at the same time")
    checkId(id)
    return { kind: 'one', id, values, sparseValues, setMetadata }
  }
  if (filter === undefined) throw invalid("Either 'id' or 'filter' must be provided")
  if (isObject(filter) && Object.keys(filter).length === 0) {
    throw invalid('Update with empty metadata filter is not allowed')
  }
  if (values !== undefined || sparseValues !== undefined) {
    throw invalid('Update by metadata request does not support updating vector values')
  }
  const dryRun = optionalBoolean(body, 'dryRun', 'dry_run')
  const isEmpty = setMetadata === undefined || (isObject(setMetadata) && Object.keys(setMetadata).length === 0)
  if (isEmpty && !dryRun) throw invalid('setMetadata is required to update by metadata')
  return { kind: 'matching', filter, setMetadata, dryRun }
}

export type DeleteRequest =
  | { readonly kind: 'all' }
  | { readonly kind: 'matching'; readonly filter: unknown }
  | { readonly kind: 'ids'; readonly ids: readonly string[] }

/** POST /vectors/delete: by ids, by filter, or all. @throws ApiError 400 */
export function readDelete(body: JsonObject): DeleteRequest {
  const all = optionalBoolean(body, 'deleteAll', 'delete_all')
  const filter = field(body, 'filter')
  const given = field(body, 'ids')
  const ids = given === undefined ? [] : stringList(given, 'ids')
  if (all && (ids.length > 0 || filter !== undefined)) {
    throw invalid('Cannot provide deleteAll together with ids or filter')
  }
  if (ids.length > 0 && filter !== undefined) throw invalid('Cannot provide both ids and filter')
  if (all) return { kind: 'all' }
  if (filter !== undefined) {
    if (isObject(filter) && Object.keys(filter).length === 0) {
      throw invalid('Delete with empty metadata filter is not allowed')
    }
    return { kind: 'matching', filter }
  }
  if (ids.length === 0) throw invalid('Invalid request. Provide ids, filter or deleteAll')
  if (ids.length > vendorLimits.deleteIds) {
    throw invalid(`The number of ids exceeds the limit of ${vendorLimits.deleteIds}, got ${ids.length}`)
  }
  for (const id of ids) checkId(id)
  return { kind: 'ids', ids }
}
