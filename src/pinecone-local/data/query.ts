import { compileFilter } from '../filter/compile-filter.ts'
import { type SearchVector, searchNamespace } from '../search/search.ts'
import type { LocalAnswer } from '../shapes/answer.ts'
import { invalid } from '../shapes/api-error.ts'
import { field, optionalBoolean, optionalString, wholeNumber } from '../shapes/body-fields.ts'
import { floatText } from '../shapes/float-text.ts'
import { localLimits } from '../shapes/limits.ts'
import { recordBytes, recordJson } from '../shapes/record.ts'
import type { NamespaceEntry } from '../store/catalog.ts'
import { dimensionOf } from '../store/catalog.ts'
import type { DataCall } from './call.ts'
import { checkId } from './names.ts'
import { queryUnits } from './read-units.ts'
import { checkDense, floatList, sparseVector } from './vectors.ts'

/** POST /query: the best matches in one namespace, by vector or by the vector of a stored record. */
export function query(call: DataCall): LocalAnswer {
  const { engine, index, body } = call
  const topK = wholeNumber(field(body, 'topK', 'top_k'), 'topK', 1, localLimits.topK)
  const withValues = optionalBoolean(body, 'includeValues', 'include_values')
  const withMetadata = optionalBoolean(body, 'includeMetadata', 'include_metadata')
  const filter = field(body, 'filter')
  const matches = filter === undefined ? null : compileFilter(filter)
  const given = queryVector(call)

  const namespace = engine.visible(index, call.namespace)
  if (namespace === null) return answer(call, '', null)
  const vector = given instanceof Object ? given : stored(call, namespace, given)
  if (vector === null) return answer(call, '', namespace)

  const hot = engine.hot.get(namespace.space, dimensionOf(index))
  const parts: string[] = []
  let bytes = 0
  for (const { row, score } of searchNamespace(hot, index.config.vector, vector, topK, matches)) {
    const record = hot.record(row)
    if (withValues || withMetadata) {
      bytes += recordBytes(withValues ? record : { ...record, values: null, sparse: null })
      if (bytes > localLimits.resultBytes) {
        throw invalid('Result size exceeds the limit of 4MB. Lower topK, or leave values or metadata out.')
      }
    }
    parts.push(`{"score":${floatText(Math.fround(score))},${recordJson(record, withValues, withMetadata)}}`)
  }
  return answer(call, parts.join(','), namespace)
}

function answer(call: DataCall, matches: string, namespace: NamespaceEntry | null): LocalAnswer {
  const name = JSON.stringify(call.namedNamespace)
  const units = queryUnits(call.index, namespace)
  const body = `{"matches":[${matches}],"namespace":${name},"usage":{"readUnits":${units}}}`
  return { status: 200, body, maxIndexedLsn: namespace?.indexedLsn ?? 0 }
}

/** The vector to search with: the request's own, or a record's id. */
function queryVector({ index, body }: DataCall): SearchVector | string {
  const kind = index.config.vector
  if (field(body, 'queries') !== undefined) throw invalid('queries is not supported. Use vector or id instead.')
  const id = optionalString(body, 'id')
  const given = field(body, 'vector')
  const dense = given === undefined || (Array.isArray(given) && given.length === 0) ? null : floatList(given, 'vector')
  const sparse = sparseVector(field(body, 'sparseVector', 'sparse_vector'), 'sparseVector')
  if (id !== undefined && id !== '') {
    if (dense !== null) throw invalid("Cannot provide both 'ID' and 'vector' at the same time")
    if (sparse !== null) throw invalid("Cannot provide both 'ID' and 'sparse_vector' at the same time")
    checkId(id)
    return id
  }
  if (dense !== null) checkDense(dense, kind)
  if (sparse !== null && kind.type === 'dense' && kind.metric !== 'dotproduct') {
    throw invalid(
      'Index configuration does not support sparse values - only indexes that are sparse or using dotproduct are supported',
    )
  }
  if (kind.type === 'dense' && dense === null) {
    throw invalid(`Vector dimension 0 does not match the dimension of the index ${kind.dimension}`)
  }
  if (kind.type === 'sparse' && sparse === null) throw invalid('A sparse index is queried with a sparse vector')
  return { dense, sparse }
}

/** The vector of a stored record; for a missing record the vendor returns no matches. */
function stored({ engine, index }: DataCall, namespace: NamespaceEntry, id: string): SearchVector | null {
  const record = engine.records.get(namespace.space, id)
  if (record === null) return null
  const kind = index.config.vector
  const useSparse = kind.type === 'sparse' || kind.metric === 'dotproduct'
  return { dense: record.values, sparse: useSparse ? record.sparse : null }
}
