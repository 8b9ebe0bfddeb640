import { z } from 'zod'
import { errorCodes } from '../../errors.ts'
import { parseTenantId } from '../../placement/tenant-id.ts'
import { listTenantDocuments } from '../../tenants/list-tenant-documents.ts'
import { listTenantTags } from '../../tenants/list-tenant-tags.ts'
import type { TenantWork } from '../../tenants/onboard/tenant-work.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import { pageFields } from './page-fields.ts'
import { tier } from './tenant-fields.ts'

const tag = 'tenants'
const params = z.object({ id: z.string() })

const documentList = z
  .object({
    items: z.array(
      z.object({
        documentId: z.string(),
        status: z.enum(['queued', 'parsing', 'embedding', 'storing', 'failed', 'ready', 'lost', 'writing', 'deleting']),
        chunks: z.int().describe('Of what is stored: 0 while nothing is.'),
        attempts: z.int().nullable().describe('Tries of an upload that is not done; null: it is none.'),
        reason: z
          .object({ code: z.enum(errorCodes), detail: z.string() })
          .nullable()
          .describe('Why the last try of an upload came to nothing.'),
        createdAt: z.string(),
        updatedAt: z.string(),
      }),
    ),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: 'TenantDocumentList' })

const tagList = z
  .object({
    items: z.array(
      z.object({
        at: z.string(),
        actor: z.string(),
        from: tier.nullable(),
        to: tier.nullable(),
        note: z.string().nullable().describe('Why.'),
      }),
    ),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: 'TagList' })

/** Routes that show how a tenant's documents fare, and how its tag came about. */
export function tenantInsightRoutes(deps: Pick<TenantWork, 'db'>): readonly AnyRoute[] {
  return [
    route({
      method: 'get',
      path: '/tenants/{id}/documents',
      access: { kind: 'staff', roles: ['platform', 'auditor'] },
      tag,
      summary: 'List a tenant’s documents and uploads',
      description:
        'How far each is, and why an upload failed; sorted by id. Texts, names of files and metadata stay with the tenant.',
      params,
      query: z.object({
        failed: z.enum(['true', 'false']).default('false').describe('`true`: only uploads that came to nothing.'),
        ...pageFields(50),
      }),
      replies: { 200: { description: 'A page; `nextCursor` is null on the last one.', schema: documentList } },
      handle: async ({ params, query: { failed, ...page } }) => ({
        status: 200,
        json: await listTenantDocuments(deps, parseTenantId(params.id), { ...page, failed: failed === 'true' }),
      }),
    }),
    route({
      method: 'get',
      path: '/tenants/{id}/tags',
      access: { kind: 'staff', roles: ['platform', 'sales', 'auditor'] },
      tag,
      summary: 'List the changes of a tenant’s tag',
      description: 'Who tagged it, when, and why; newest first.',
      params,
      query: z.object({ ...pageFields(50) }),
      replies: { 200: { description: 'A page; `nextCursor` is null on the last one.', schema: tagList } },
      handle: async ({ params, query }) => ({
        status: 200,
        json: await listTenantTags(deps, parseTenantId(params.id), query),
      }),
    }),
  ]
}
