import type { FaultList } from '../../fault-list.ts'
import { metadataBytesMax } from '../../stores/reserved.ts'
import type { SparseValues, VectorRecord } from '../../stores/store.ts'
import { checkMetadata, type MetadataRule } from './check-metadata.ts'
import { checkReadId, checkWriteId } from './record-ids.ts'
import type { RecordShape } from './record-shape.ts'

/** The vendor's limits of one request. */
export const upsertMax = 1_000
export const idsMax = 1_000
const sparseMax = 2_048

/** A record as an app sends it. */
export interface RecordInput {
  readonly id: string
  readonly values: readonly number[]
  readonly sparseValues?: SparseValues | undefined
  readonly metadata?: unknown
}

export function checkRecord(
  input: RecordInput,
  { dimension, shape }: { readonly dimension: number; readonly shape: RecordShape },
  path: string,
  faults: FaultList,
): VectorRecord {
  checkWriteId(input.id, `${path}.id`, faults, shape)
  checkRecordValues(input.values, dimension, `${path}.values`, faults)
  if (input.sparseValues !== undefined) checkSparse(input.sparseValues, `${path}.sparseValues`, faults)
  const rule = recordRule(shape)
  const metadata = checkMetadata(input.metadata, `${path}.metadata`, rule, faults)
  return {
    id: input.id,
    values: input.values,
    ...(input.sparseValues !== undefined && { sparseValues: input.sparseValues }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  }
}

/** The rule for an app's own metadata. */
export function recordRule({ fields }: RecordShape): MetadataRule {
  return { of: 'record', bytesMax: metadataBytesMax, visibility: fields.visibility }
}

/** @param dimension of the index, and so of the service's embedding model. */
export function checkValues(values: readonly number[], dimension: number, path: string, faults: FaultList): void {
  if (values.length !== dimension)
    faults.add(path, `has ${values.length} values, and the index takes ${dimension}; embed with the model of the index`)
  else if (!values.every(Number.isFinite)) faults.add(path, 'must be finite numbers')
}

/** Validates a record's vector: cosine similarity to a zero vector is undefined. */
export function checkRecordValues(values: readonly number[], dimension: number, path: string, faults: FaultList): void {
  checkValues(values, dimension, path, faults)
  if (values.length > 0 && values.every((value) => value === 0)) faults.add(path, 'must have a value other than 0')
}

/** Validates a list of ids; `writer`: those of documents' chunks are refused. */
export function checkIds(ids: readonly string[], path: string, faults: FaultList, writer?: RecordShape): void {
  if (ids.length === 0 || ids.length > idsMax) faults.add(path, `takes 1 to ${idsMax} ids`)
  for (const [position, id] of ids.slice(0, idsMax).entries()) {
    if (writer === undefined) checkReadId(id, `${path}[${position}]`, faults)
    else checkWriteId(id, `${path}[${position}]`, faults, writer)
  }
}

export function checkSparse({ indices, values }: SparseValues, path: string, faults: FaultList): void {
  if (indices.length !== values.length) faults.add(path, 'needs as many values as indices')
  if (indices.length === 0 || indices.length > sparseMax) faults.add(`${path}.indices`, `takes 1 to ${sparseMax}`)
  if (!indices.every((index) => Number.isInteger(index) && index >= 0 && index < 2 ** 32)) {
    faults.add(`${path}.indices`, 'must be whole numbers from 0 to 4294967295')
  }
  if (new Set(indices).size !== indices.length) faults.add(`${path}.indices`, 'must not repeat')
  if (!values.every((value) => Number.isFinite(value) && value !== 0)) {
    faults.add(`${path}.values`, 'must be finite numbers other than 0')
  }
}
