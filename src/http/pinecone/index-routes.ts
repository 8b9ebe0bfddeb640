import type { Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import { indexModel } from '../../pinecone-wire/index-model.ts'
import { describeSpace } from '../../rag/vectors/describe-space.ts'
import type { ListVectorsDeps } from '../../rag/vectors/list-vectors.ts'
import type { AnyRoute } from '../pipeline/route.ts'
import { readScope, writeScope } from '../public/fields.ts'
import { found, type VendorCall, vendorRoute } from './vendor-route.ts'
import { indexAnswer, indexesAnswer } from './vendor-schemas.ts'

export type VendorIndexDeps = Pick<ListVectorsDeps, 'routes'> & { readonly db: Tx }

const indexesAreOurs = 'tenant-router makes, changes and removes indexes. Deletion protection is enabled for this one.'

/** The control plane as far as clients ask it for a host: one index, by any name, whose host is this router. */
export function vendorIndexRoutes(deps: VendorIndexDeps): readonly AnyRoute[] {
  const describe = async (call: VendorCall, name: string) => {
    const { space, cloud, region } = await describeSpace(deps, call.principal)
    const { dimension, metric } = space
    const vectors = { type: 'dense', dimension, metric } as const
    const fixed = { isReady: true, deletionProtection: 'enabled', tags: null } as const
    return indexModel({ name, host: hostOf(call), vectors, cloud, region, ...fixed }, call.version)
  }
  return [
    vendorRoute({
      plane: 'control',
      method: 'get',
      path: '/indexes',
      access: readScope,
      summary: 'List the tenant’s one index',
      description: 'Named as the tenant; each other name describes the same one.',
      replies: { 200: { description: 'One index, whose host is this router.', schema: indexesAnswer } },
      answer: async (call) => found({ indexes: [await describe(call, call.principal.tenantId)] }),
    }),
    vendorRoute({
      plane: 'control',
      method: 'get',
      path: '/indexes/{name}',
      access: readScope,
      summary: 'Describe the tenant’s index, by any name',
      description: 'The host is this router, as the caller reached it.',
      replies: { 200: { description: 'The index.', schema: indexAnswer } },
      answer: async (call) => found(await describe(call, call.params.name ?? '')),
    }),
    vendorRoute({
      plane: 'control',
      method: 'post',
      path: '/indexes',
      access: writeScope,
      summary: 'Refused: an index of each name is there already',
      description: '409, which clients that make an index where there is none take for good news.',
      replies: {},
      answer() {
        throw new AppError('conflict', 'Resource already exists: tenant-router keeps the index of each name.')
      },
    }),
    ...(['patch', 'delete'] as const).map((method) =>
      vendorRoute({
        plane: 'control',
        method,
        path: '/indexes/{name}',
        access: writeScope,
        summary: 'Refused: indexes are the router’s',
        replies: {},
        answer() {
          throw new AppError('forbidden', indexesAreOurs)
        },
      }),
    ),
  ]
}

/** This router as the caller reached it; without a scheme the vendor's clients use https. */
function hostOf({ header }: VendorCall): string {
  const host = header('host') ?? 'localhost'
  const isHttps = header('x-forwarded-proto')?.split(',')[0]?.trim() === 'https'
  return isHttps ? host : `http://${host}`
}
