import { z } from 'zod'
import { idsMax, upsertMax } from '../../rag/checks/check-records.ts'
import { type DeleteVectorsDeps, deleteVectors } from '../../rag/vectors/delete-vectors.ts'
import { type FetchVectorsDeps, fetchVectors } from '../../rag/vectors/fetch-vectors.ts'
import { type UpdateVectorDeps, updateVector } from '../../rag/vectors/update-vector.ts'
import { type UpsertVectorsDeps, upsertVectors } from '../../rag/vectors/upsert-vectors.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import { filter, metadata, modelHeader, readScope, recordId, sparseValues, vectorValues, writeScope } from './fields.ts'

export type VectorRouteDeps = UpsertVectorsDeps & FetchVectorsDeps & UpdateVectorDeps & DeleteVectorsDeps

const tag = 'vectors'
const ids = z.array(recordId).min(1).max(idsMax)
const nothing = z.object({})
const ownIds = 'Ids with `#` belong to the chunks of documents and are refused here.'
const bySight =
  'A token that carries a groups claim changes only what its groups see, unless it has the scope `rag:write:any`; what they don’t see answers as if it were not there.'
const ownMetadata = metadata
  .optional()
  .describe(
    'At most 40,928 bytes as JSON. `visibility`, a list of groups, limits who in the tenant finds it. Names beginning with `_tr` are taken.',
  )

const upsert = z
  .object({
    vectors: z
      .array(
        z.object({
          id: recordId,
          values: vectorValues,
          sparseValues: sparseValues.optional(),
          metadata: ownMetadata,
        }),
      )
      .min(1)
      .max(upsertMax),
  })
  .meta({
    id: 'UpsertVectors',
    example: { vectors: [{ id: 'ticket-17', values: [0.1, 0.2, 0.3], metadata: { text: 'My chain fell off.' } }] },
  })

const fetched = z
  .object({
    vectors: z.record(
      z.string(),
      z.object({
        id: z.string(),
        values: z.array(z.number()),
        sparseValues: sparseValues.optional(),
        metadata: metadata.optional(),
      }),
    ),
  })
  .meta({ id: 'FetchedVectors' })

const update = z
  .object({
    id: recordId,
    values: vectorValues.optional(),
    sparseValues: sparseValues.optional(),
    setMetadata: metadata.optional().describe('Fields replace those of the same name; the others stay.'),
  })
  .meta({ id: 'UpdateVector', example: { id: 'ticket-17', setMetadata: { solved: true } } })

const deletion = z
  .object({
    ids: ids.optional(),
    filter: filter.optional(),
    deleteAll: z.boolean().optional(),
  })
  .describe('Exactly one of the three.')
  .meta({ id: 'DeleteVectors', example: { ids: ['ticket-17'] } })

/** Routes for apps that embed on their own: Pinecone's field names, without its namespaces and indexes. */
export function vectorRoutes(deps: VectorRouteDeps): readonly AnyRoute[] {
  return [
    route({
      method: 'post',
      path: '/vectors/upsert',
      access: writeScope,
      tag,
      summary: 'Store records',
      description: `Puts records whole; one with a known id is replaced. ${ownIds} ${bySight} Of an id that is taken by a record they don’t see: 409 \`conflict\`, and nothing is stored.`,
      body: upsert,
      replies: {
        200: { description: 'All are stored.', schema: z.object({ upsertedCount: z.int() }) },
      },
      async handle({ principal, body, header }) {
        const model = header(modelHeader)
        return { status: 200, json: await upsertVectors(deps, principal, { ...body, model }) }
      },
    }),
    route({
      method: 'post',
      path: '/vectors/fetch',
      access: readScope,
      tag,
      summary: 'Fetch records by id',
      description:
        'Also the chunks of documents. An id that is not there, or that the caller’s groups don’t see, is left out. The store may show a write a moment late.',
      body: z.object({ ids }).meta({ id: 'FetchVectors', example: { ids: ['ticket-17'] } }),
      replies: { 200: { description: 'The records that were found, by id.', schema: fetched } },
      async handle({ principal, body, signal }) {
        const { vectors, stale } = await fetchVectors(deps, principal, body, { signal })
        return { status: 200, json: { vectors }, ...(stale && { headers: { 'x-registry': 'stale' } }) }
      },
    }),
    route({
      method: 'post',
      path: '/vectors/update',
      access: writeScope,
      tag,
      summary: 'Change a record in part',
      description: `What is given replaces what was there, and the rest stays. The answer is the same when there is no such record; none is made. ${ownIds} ${bySight}`,
      body: update,
      replies: { 200: { description: 'It is changed, if it is there.', schema: nothing } },
      async handle({ principal, body, header }) {
        await updateVector(deps, principal, { ...body, model: header(modelHeader) })
        return { status: 200, json: {} }
      },
    }),
    route({
      method: 'post',
      path: '/vectors/delete',
      access: writeScope,
      tag,
      summary: 'Delete records by id, by filter, or everything',
      description: [
        '`ids`: ids that are not there are no fault.',
        ownIds,
        '`filter`: deletes the app’s own records that match, as every write that was answered before left them, and never the chunks of documents; 503 `store_busy` past five a second.',
        '`deleteAll`: deletes everything of the tenant, its documents among it; 409 `document_busy` while one is being written.',
        `${bySight} \`deleteAll\` of such a token deletes the documents and records that it sees.`,
      ].join(' '),
      body: deletion,
      replies: { 200: { description: 'They are gone.', schema: nothing } },
      async handle({ principal, body }) {
        await deleteVectors(deps, principal, body)
        return { status: 200, json: {} }
      },
    }),
  ]
}
