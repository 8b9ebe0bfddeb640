import { isObject, type JsonObject } from '../../pinecone-wire/body-fields.ts'
import { vendorLimits } from '../../pinecone-wire/limits.ts'
import { numberList, sparseNumbers } from '../../pinecone-wire/vector-fields.ts'
import {
  checkUpsertBytes,
  type RecordRequest,
  readDelete,
  readUpdate,
  readUpsert,
} from '../../pinecone-wire/write-requests.ts'
import type { RecordInput } from '../../rag/checks/check-records.ts'
import { type DeleteVectorsDeps, deleteVectors } from '../../rag/vectors/delete-vectors.ts'
import { type UpdateVectorDeps, updateVector } from '../../rag/vectors/update-vector.ts'
import { updateVectors } from '../../rag/vectors/update-vectors.ts'
import { type UpsertVectorsDeps, upsertVectors } from '../../rag/vectors/upsert-vectors.ts'
import type { AnyRoute } from '../pipeline/route.ts'
import { modelHeader, writeScope } from '../public/fields.ts'
import { found, vendorRoute } from './vendor-route.ts'
import { deleteBody, nothing, updateAnswer, updateBody, upsertAnswer, upsertBody } from './vendor-schemas.ts'

export type VendorWriteDeps = UpsertVectorsDeps & UpdateVectorDeps & DeleteVectorsDeps

/** JSON of the vendor's 2 MB of decoded vectors, written with every digit of a double. */
const upsertLimitBytes = 16 * 1024 * 1024

/** Writes of the vendor's data plane, by the same verbs as our own routes. */
export function vendorWriteRoutes(deps: VendorWriteDeps): readonly AnyRoute[] {
  return [
    vendorRoute({
      method: 'post',
      path: '/vectors/upsert',
      access: writeScope,
      summary: 'Store records',
      body: upsertBody,
      innerFields: recordsIn,
      bodyLimitBytes: upsertLimitBytes,
      replies: { 200: { description: 'All are stored.', schema: upsertAnswer } },
      async answer({ principal, body, header }) {
        const vectors = readUpsert(body).map(recordOf)
        checkUpsertBytes(vectors.reduce((sum, record) => sum + bytesOf(record), 0))
        return found(await upsertVectors(deps, principal, { vectors, model: header(modelHeader) }))
      },
    }),
    vendorRoute({
      method: 'post',
      path: '/vectors/update',
      access: writeScope,
      summary: 'Change a record in part, or the metadata of all that match',
      description:
        'By `id` the answer is the same whether or not the record is there. By `filter` it has `matchedRecords`: the app’s own records, never chunks of documents, as every write that was answered before left them; `dryRun` only counts.',
      body: updateBody,
      replies: { 200: { description: 'It is changed.', schema: updateAnswer } },
      async answer({ principal, body, header }) {
        const asked = readUpdate(body)
        if (asked.kind === 'matching') return found(await updateVectors(deps, principal, asked))
        const { id, setMetadata } = asked
        const values = numberList(asked.values, 'values')
        await updateVector(deps, principal, {
          id,
          model: header(modelHeader),
          ...(values !== undefined && values.length > 0 && { values }),
          sparseValues: sparseNumbers(asked.sparseValues, 'sparseValues'),
          setMetadata: setMetadata as Readonly<Record<string, unknown>> | undefined,
        })
        return found({})
      },
    }),
    vendorRoute({
      method: 'post',
      path: '/vectors/delete',
      access: writeScope,
      summary: 'Delete records by id, by filter, or everything',
      body: deleteBody,
      replies: { 200: { description: 'They are gone.', schema: nothing } },
      async answer({ principal, body }) {
        const asked = readDelete(body)
        const { kind } = asked
        await deleteVectors(deps, principal, kind === 'all' ? { deleteAll: true } : asked)
        return found({})
      },
    }),
  ]
}

/** The records of an upsert as they came, before they are read. */
function recordsIn(body: unknown): readonly object[] {
  const { vectors } = body as JsonObject
  return Array.isArray(vectors) ? vectors.slice(0, vendorLimits.upsertRecords).filter(isObject) : []
}

function recordOf({ id, values, sparseValues, metadata }: RecordRequest): RecordInput {
  return {
    id,
    values: numberList(values, 'values') ?? [],
    sparseValues: sparseNumbers(sparseValues, 'sparseValues'),
    ...(metadata !== null && { metadata }),
  }
}

/** The vendor's size of a decoded record. */
function bytesOf({ id, values, sparseValues, metadata }: RecordInput): number {
  const sparseBytes = 8 * (sparseValues?.indices.length ?? 0)
  return id.length + 4 * values.length + sparseBytes + (metadata === undefined ? 0 : JSON.stringify(metadata).length)
}
