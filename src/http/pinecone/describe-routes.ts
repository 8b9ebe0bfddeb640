import { AppError } from '../../errors.ts'
import type { ApiVersion } from '../../pinecone-wire/api-version.ts'
import { namespaceModel, statsModel } from '../../pinecone-wire/describe-answers.ts'
import { readList, refuseStatsFilter } from '../../pinecone-wire/read-requests.ts'
import type { VectorSpace } from '../../placement/placement.ts'
import { countVectors } from '../../rag/vectors/count-vectors.ts'
import type { ListVectorsDeps } from '../../rag/vectors/list-vectors.ts'
import type { AnyRoute } from '../pipeline/route.ts'
import { readScope, writeScope } from '../public/fields.ts'
import { found, type VendorCall, vendorRoute } from './vendor-route.ts'
import { namespaceAnswer, namespacesAnswer, namespacesQuery, statsAnswer, statsBody } from './vendor-schemas.ts'

export type VendorDescribeDeps = Omit<ListVectorsDeps, 'cursors'>

const made = 'Made by the router: the vendor’s own answer names every namespace of a shared index.'
/** A record's bytes beside its vector, where nobody counts them. */
const metadataGuessBytes = 200

/** Stats and namespaces: a tenant has one namespace, and sees no other. */
export function vendorDescribeRoutes(deps: VendorDescribeDeps): readonly AnyRoute[] {
  const stats = async ({ principal, version, body, signal }: VendorCall) => {
    refuseStatsFilter(body)
    const { count, space, ownName, stale } = await countVectors(deps, principal, { signal })
    const name = shownName(ownName, version)
    const { dimension, metric } = space
    const own = { name, recordCount: count }
    return found(statsModel([own], { type: 'dense', dimension, metric }, version), stale)
  }
  return [
    vendorRoute({
      method: 'post',
      path: '/describe_index_stats',
      access: readScope,
      summary: 'Count the tenant’s records',
      description: made,
      body: statsBody,
      replies: { 200: { description: 'The counts.', schema: statsAnswer } },
      answer: stats,
    }),
    vendorRoute({
      method: 'get',
      path: '/describe_index_stats',
      access: readScope,
      summary: 'Count the tenant’s records',
      description: made,
      replies: { 200: { description: 'The counts.', schema: statsAnswer } },
      answer: stats,
    }),
    vendorRoute({
      method: 'get',
      path: '/namespaces',
      access: readScope,
      summary: 'List the tenant’s one namespace',
      description: made,
      query: namespacesQuery,
      replies: { 200: { description: 'One namespace.', schema: namespacesAnswer } },
      async answer({ principal, query, version, signal }) {
        const { prefix, token } = readList(query)
        const { count, space, ownName, stale } = await countVectors(deps, principal, { signal })
        const name = shownName(ownName, version)
        const isListed = name.startsWith(prefix) && token === undefined
        const namespaces = isListed ? [describe(name, count, space, version)] : []
        const total = version >= '2025-10' ? { total_count: name.startsWith(prefix) ? 1 : 0 } : {}
        return found({ namespaces, ...total }, stale)
      },
    }),
    vendorRoute({
      method: 'get',
      path: '/namespaces/{namespace}',
      access: readScope,
      summary: 'Describe the tenant’s namespace',
      description: made,
      replies: { 200: { description: 'It, by the name that was asked for.', schema: namespaceAnswer } },
      async answer({ principal, namespace, version, signal }) {
        const { count, space, stale } = await countVectors(deps, principal, { signal })
        return found(describe(namespace, count, space, version), stale)
      },
    }),
    ...(
      [
        ['post', '/namespaces'],
        ['delete', '/namespaces/{namespace}'],
      ] as const
    ).map(([method, path]) =>
      vendorRoute({
        method,
        path,
        access: writeScope,
        summary: 'Refused: the router makes and removes namespaces',
        description: 'To delete every record: `POST /vectors/delete` with `deleteAll`.',
        replies: {},
        answer() {
          throw new AppError(
            'forbidden',
            'tenant-router makes and removes namespaces: a tenant has one. To delete its records, delete all vectors.',
          )
        },
      }),
    ),
  ]
}

/** The name under which a caller that named none is shown its namespace. */
function shownName(ownName: string | undefined, version: ApiVersion): string {
  // Until 2025-04 the vendor's default namespace was the empty one.
  return ownName || (version < '2025-04' ? '' : '__default__')
}

function describe(name: string, recordCount: number, { dimension }: VectorSpace, version: ApiVersion) {
  const sizeBytes = recordCount * (4 * dimension + metadataGuessBytes)
  return namespaceModel({ name, recordCount, sizeBytes }, version)
}
