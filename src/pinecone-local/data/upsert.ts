import { invalid } from '../../pinecone-wire/api-error.ts'
import type { JsonObject } from '../../pinecone-wire/body-fields.ts'
import { checkUpsertBytes, type RecordRequest, readUpsert } from '../../pinecone-wire/write-requests.ts'
import { json, type LocalAnswer } from '../shapes/answer.ts'
import { metadataJson } from '../shapes/metadata.ts'
import { recordBytes, type StoredRecord } from '../shapes/record.ts'
import type { VectorKind } from '../store/catalog.ts'
import { checkNamespaceLimit, type DataCall } from './call.ts'
import { denseValues, sparseVector } from './vectors.ts'

/** POST /vectors/upsert: writes complete records, and makes the namespace. */
export async function upsert(call: DataCall): Promise<LocalAnswer> {
  const { engine, index, namespace, body, verdict } = call
  const records = parseRecords(body, index.config.vector)
  const check = () => checkNamespaceLimit(call)
  const { lsn } = await engine.write(index, namespace, { kind: 'upsert', records }, verdict.lagMs, check)
  return { ...json({ upsertedCount: records.length }), requestLsn: lsn }
}

function parseRecords(body: JsonObject, kind: VectorKind): StoredRecord[] {
  // The vendor keeps one record of an id that a request has twice; plain overwriting keeps the last.
  const records = readUpsert(body).map((one) => parseRecord(one, kind))
  checkUpsertBytes(records.reduce((sum, record) => sum + recordBytes(record), 0))
  return records
}

function parseRecord({ id, ...asked }: RecordRequest, kind: VectorKind): StoredRecord {
  const values = denseValues(asked.values, kind, id)
  const sparse = sparseVector(asked.sparseValues, 'sparseValues')
  if (kind.type === 'dense' && values === null) {
    throw invalid(`Vector dimension 0 does not match the dimension of the index ${kind.dimension}`)
  }
  if (kind.type === 'sparse' && sparse === null) {
    throw invalid(`Sparse vector must contain at least one value. Vector ID ${id} has none`)
  }
  return { id, values, sparse, metadata: metadataJson(asked.metadata) }
}
