import { z } from 'zod'
import { parseTenantId } from '../../placement/tenant-id.ts'
import { listAudit } from '../../tenants/list-audit.ts'
import type { TenantWork } from '../../tenants/onboard/tenant-work.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'

const deed = z
  .object({
    id: z.int(),
    at: z.string(),
    actor: z.string().describe('The staff token’s subject, or `system`.'),
    action: z.string(),
    tenantId: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Deed' })

/** Routes for the audit trail. */
export function auditRoutes(deps: Pick<TenantWork, 'db'>): readonly AnyRoute[] {
  return [
    route({
      method: 'get',
      path: '/audit',
      access: { kind: 'staff', roles: ['platform', 'auditor'] },
      tag: 'audit',
      summary: 'List what was done',
      description: 'Newest first.',
      query: z.object({
        tenantId: z.string().optional(),
        actor: z.string().max(200).optional(),
        action: z.string().max(100).optional().describe('As in `tenant.create`; `tenant.` selects the whole group.'),
        limit: z.coerce.number().int().min(1).max(200).default(50),
        cursor: z.string().max(1_000).optional().describe('`nextCursor` of the previous page.'),
      }),
      replies: {
        200: {
          description: 'A page; `nextCursor` is null on the last one.',
          schema: z.object({ items: z.array(deed), nextCursor: z.string().nullable() }).meta({ id: 'DeedList' }),
        },
      },
      async handle({ query }) {
        const tenantId = query.tenantId === undefined ? undefined : parseTenantId(query.tenantId, 'tenantId')
        return { status: 200, json: await listAudit(deps, { ...query, tenantId }) }
      },
    }),
  ]
}
