import { z } from 'zod'
import { addIndex } from '../../tenants/add-index.ts'
import { listIndexes } from '../../tenants/list-indexes.ts'
import { listProjects } from '../../tenants/list-projects.ts'
import type { TenantWork } from '../../tenants/onboard/tenant-work.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import { pageFields } from './page-fields.ts'

export const indexSchema = z
  .object({
    name: z.string(),
    project: z.string(),
    kind: z.enum(['pool', 'silo']),
    state: z.enum(['creating', 'ready', 'deleting', 'deleted']),
    tenantId: z.string().nullable().describe('The tenant of a silo.'),
    region: z.string(),
    namespaces: z.int(),
    limit: z.int(),
    fill: z.number().describe('`namespaces` of `limit`, 0 to 1.'),
    full: z.boolean().describe('It takes no more tenants: the limit is reached, or the store refused one.'),
    draining: z.boolean().describe('It is being emptied, so that tenants only leave it.'),
    embeddingModel: z.string(),
    dimension: z.int(),
    metric: z.string(),
    adopted: z
      .enum(['unsealed', 'sealing', 'sealed'])
      .nullable()
      .describe('Others made it, and it was taken over; `unsealed` while an older key may still write to it.'),
    createdAt: z.string(),
  })
  .meta({ id: 'Index' })

const project = z
  .object({
    name: z.string(),
    cloud: z.string(),
    regions: z.array(z.string()).describe('Regions that it serves, the one of its new indexes first.'),
    anyRegion: z.boolean().describe('Whether it serves every other region too.'),
    holds: z.array(z.enum(['pool', 'silo'])).describe('The kinds of index that it may hold.'),
    indexes: z.int().describe('Indexes in use.'),
    indexLimit: z.int(),
  })
  .meta({ id: 'Project' })

type IndexRouteDeps = Pick<TenantWork, 'db' | 'settings' | 'indexesOpened' | 'indexReady'>

/** Routes to list indexes, and to open one ahead of need. */
export function indexRoutes(deps: IndexRouteDeps): readonly AnyRoute[] {
  return [
    route({
      method: 'get',
      path: '/indexes',
      access: { kind: 'staff', roles: ['platform', 'sales', 'auditor'] },
      tag: 'indexes',
      summary: 'List indexes',
      query: z.object({
        ...pageFields(100),
      }),
      replies: {
        200: {
          description: 'A page, the oldest first.',
          schema: z
            .object({ items: z.array(indexSchema), nextCursor: z.string().nullable() })
            .meta({ id: 'IndexList' }),
        },
      },
      handle: async ({ query }) => ({ status: 200, json: await listIndexes(deps, query) }),
    }),
    route({
      method: 'post',
      path: '/indexes',
      access: { kind: 'staff', roles: ['platform'] },
      tag: 'indexes',
      summary: 'Open a further shared index',
      description: 'The router opens one automatically when none has capacity; this opens one ahead of need.',
      body: z.object({
        region: z
          .string()
          .regex(/^[a-z0-9-]{1,40}$/, 'must be a region of the cloud, as in us-east-1')
          .optional(),
        project: z
          .string()
          .max(40)
          .optional()
          .describe('The Pinecone project; without it, the first that may hold it.'),
        namespaceLimit: z.int().min(1).max(100_000).optional().describe('Without it, POOL_NAMESPACE_LIMIT.'),
        model: z
          .string()
          .max(100)
          .optional()
          .describe(
            'The embedding model of its tenants, by its name in the settings; without it, that of new tenants.',
          ),
      }),
      replies: {
        201: { description: 'It is ready.', schema: indexSchema },
        202: { description: 'It is being made.', schema: indexSchema },
      },
      async handle({ principal, body }) {
        const json = await addIndex(deps, principal, body)
        return { status: json.state === 'ready' ? 201 : 202, json }
      },
    }),
    route({
      method: 'get',
      path: '/projects',
      access: { kind: 'staff', roles: ['platform', 'auditor'] },
      tag: 'indexes',
      summary: 'List the Pinecone projects of the settings',
      replies: {
        200: { description: 'All of them, the default one first', schema: z.object({ items: z.array(project) }) },
      },
      handle: async () => ({ status: 200, json: { items: await listProjects(deps) } }),
    }),
  ]
}
