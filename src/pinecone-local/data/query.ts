import { invalid } from '../../pinecone-wire/api-error.ts'
import { vendorLimits } from '../../pinecone-wire/limits.ts'
import { type QueryRequest, readQuery } from '../../pinecone-wire/query-request.ts'
import { compileFilter } from '../filter/compile-filter.ts'
import { type SearchVector, searchNamespace } from '../search/search.ts'
import type { LocalAnswer } from '../shapes/answer.ts'
import { floatText } from '../shapes/float-text.ts'
import { recordBytes, recordJson } from '../shapes/record.ts'
import type { NamespaceEntry } from '../store/catalog.ts'
import { dimensionOf } from '../store/catalog.ts'
import type { DataCall } from './call.ts'
import { queryUnits } from './read-units.ts'
import { checkDense, floatList, sparseVector } from './vectors.ts'

/** POST /query: the best matches in one namespace, by vector or by the vector of a stored record. */
export function query(call: DataCall): LocalAnswer {
  const { engine, index, body } = call
  const asked = readQuery(body)
  const { topK, includeValues: withValues, includeMetadata: withMetadata } = asked
  const matches = asked.filter === undefined ? null : compileFilter(asked.filter)
  const given = queryVector(call, asked)

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
      if (bytes > vendorLimits.resultBytes) {
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
function queryVector({ index }: DataCall, { id, vector, sparseVector: given }: QueryRequest): SearchVector | string {
  if (id !== undefined) return id
  const kind = index.config.vector
  const dense = vector === undefined ? null : floatList(vector, 'vector')
  const sparse = sparseVector(given, 'sparseVector')
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
