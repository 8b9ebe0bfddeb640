import { fetchUnits } from '../../pinecone-wire/describe-answers.ts'
import { readQuery } from '../../pinecone-wire/query-request.ts'
import { readFetch, readFetchByMetadata, readList } from '../../pinecone-wire/read-requests.ts'
import { numberList, sparseNumbers } from '../../pinecone-wire/vector-fields.ts'
import { fetchMatching } from '../../rag/vectors/fetch-matching.ts'
import { fetchVectors } from '../../rag/vectors/fetch-vectors.ts'
import { type ListVectorsDeps, listVectors } from '../../rag/vectors/list-vectors.ts'
import { type QueryVectorsDeps, queryVectors } from '../../rag/vectors/query-vectors.ts'
import type { AnyRoute } from '../pipeline/route.ts'
import { modelHeader, readScope } from '../public/fields.ts'
import { found, vendorRoute } from './vendor-route.ts'
import {
  fetchAnswer,
  fetchByMetadataBody,
  fetchQuery,
  listAnswer,
  listQuery,
  queryAnswer,
  queryBody,
} from './vendor-schemas.ts'

export type VendorReadDeps = QueryVectorsDeps & ListVectorsDeps

/** Reads of the vendor's data plane. Answers name the namespace as it was asked. */
export function vendorReadRoutes(deps: VendorReadDeps): readonly AnyRoute[] {
  return [
    vendorRoute({
      method: 'post',
      path: '/query',
      access: readScope,
      summary: 'Search by a vector, or by a stored record',
      description:
        'Metadata comes back whole, `text` included, as far as the caller’s groups see the record. Never cached.',
      body: queryBody,
      replies: { 200: { description: 'The nearest records, which may be none.', schema: queryAnswer } },
      async answer({ principal, body, namespace, signal, header }) {
        const asked = readQuery(body)
        const input = {
          ...asked,
          model: header(modelHeader),
          vector: numberList(asked.vector, 'vector'),
          sparseVector: sparseNumbers(asked.sparseVector, 'sparseVector'),
        }
        const { matches, readUnits = 1, stale } = await queryVectors(deps, principal, input, { signal })
        const shown = matches.map(({ id, score, values = [], ...rest }) => ({ id, score, values, ...rest }))
        return found({ matches: shown, namespace, usage: { readUnits } }, stale)
      },
    }),
    vendorRoute({
      method: 'get',
      path: '/vectors/fetch',
      access: readScope,
      summary: 'Fetch records by id',
      query: fetchQuery,
      replies: { 200: { description: 'Those that are there.', schema: fetchAnswer } },
      async answer({ principal, query, namespace, signal }) {
        const { vectors, stale } = await fetchVectors(deps, principal, { ids: readFetch(query) }, { signal })
        const usage = { readUnits: fetchUnits(Object.keys(vectors).length) }
        return found({ vectors, namespace, usage }, stale)
      },
    }),
    vendorRoute({
      method: 'post',
      path: '/vectors/fetch_by_metadata',
      access: readScope,
      summary: 'Fetch records that match a filter',
      body: fetchByMetadataBody,
      replies: { 200: { description: 'A page of them.', schema: fetchAnswer } },
      async answer({ principal, body, namespace, signal }) {
        const { filter, limit, token } = readFetchByMetadata(body)
        const page = await fetchMatching(deps, principal, { filter, limit, cursor: token }, { signal })
        const vectors = Object.fromEntries(page.vectors.map((vector) => [vector.id, vector]))
        const usage = { readUnits: fetchUnits(page.vectors.length) }
        return found({ vectors, namespace, usage, ...paginationOf(page) }, page.stale)
      },
    }),
    vendorRoute({
      method: 'get',
      path: '/vectors/list',
      access: readScope,
      summary: 'List ids of records',
      description:
        'In byte order. Ids that the caller’s groups don’t see are left out, so a page may have fewer than `limit`, or none, and still be followed by another.',
      query: listQuery,
      replies: { 200: { description: 'A page of ids.', schema: listAnswer } },
      async answer({ principal, query, namespace, signal }) {
        const { prefix, limit, token } = readList(query)
        const page = await listVectors(deps, principal, { prefix, limit, cursor: token }, { signal })
        const vectors = page.ids.map((id) => ({ id }))
        return found({ vectors, ...paginationOf(page), namespace, usage: { readUnits: 1 } }, page.stale)
      },
    }),
  ]
}

function paginationOf({ nextCursor }: { readonly nextCursor?: string }) {
  return nextCursor === undefined ? {} : { pagination: { next: nextCursor } }
}
