import { json, type LocalAnswer } from '../shapes/answer.ts'
import { invalid } from '../shapes/api-error.ts'
import { field, isObject } from '../shapes/body-fields.ts'
import { localLimits } from '../shapes/limits.ts'
import { metadataJson } from '../shapes/metadata.ts'
import { recordBytes, type StoredRecord } from '../shapes/record.ts'
import type { VectorKind } from '../store/catalog.ts'
import { checkNamespaceLimit, type DataCall } from './call.ts'
import { checkId } from './names.ts'
import { denseValues, sparseVector } from './vectors.ts'

/** POST /vectors/upsert: writes complete records, and makes the namespace. */
export async function upsert(call: DataCall): Promise<LocalAnswer> {
  const { engine, index, namespace, body, verdict } = call
  const records = parseRecords(body.vectors, index.config.vector)
  const check = () => checkNamespaceLimit(call)
  const { lsn } = await engine.write(index, namespace, { kind: 'upsert', records }, verdict.lagMs, check)
  return { ...json({ upsertedCount: records.length }), requestLsn: lsn }
}

function parseRecords(value: unknown, kind: VectorKind): StoredRecord[] {
  if (!Array.isArray(value) || value.length === 0) throw invalid('vectors: expected at least one vector')
  if (value.length > localLimits.upsertRecords) {
    throw invalid(`The number of vectors exceeds the limit of ${localLimits.upsertRecords}, got ${value.length}`)
  }
  const records = value.map((item: unknown) => parseRecord(item, kind))
  const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0)
  if (bytes > localLimits.upsertBytes) {
    const megabytes = Math.ceil(bytes / (1024 * 1024))
    throw invalid(`Request size ${megabytes}MB exceeds the maximum supported size of 2MB`)
  }
  // The vendor keeps one record of an id that a request has twice; plain overwriting keeps the last.
  return records
}

function parseRecord(value: unknown, kind: VectorKind): StoredRecord {
  if (!isObject(value)) throw invalid(`vectors: expected an object, got ${JSON.stringify(value)}`)
  const { id } = value
  if (typeof id !== 'string') throw invalid('vectors: every vector needs an id, a string')
  checkId(id)
  const values = denseValues(value.values, kind, id)
  const sparse = sparseVector(field(value, 'sparseValues', 'sparse_values'), 'sparseValues')
  if (kind.type === 'dense' && values === null) {
    throw invalid(`Vector dimension 0 does not match the dimension of the index ${kind.dimension}`)
  }
  if (kind.type === 'sparse' && sparse === null) {
    throw invalid(`Sparse vector must contain at least one value. Vector ID ${id} has none`)
  }
  return { id, values, sparse, metadata: metadataJson(value.metadata) }
}
