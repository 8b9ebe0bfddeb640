import { z } from 'zod'
import { limitNames } from '../../limits/policies.ts'
import { parseTenantId } from '../../placement/tenant-id.ts'
import { type ShowLimitsDeps, showTenantLimits } from '../../tenants/show-tenant-limits.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import { tier } from './tenant-fields.ts'

const answer = z
  .object({
    tenantId: z.string(),
    tier,
    limits: z.array(
      z.object({
        name: z.enum(limitNames).describe('As `limits` of the tenant names it.'),
        policy: z.string().describe('As `RateLimit-Policy` names it.'),
        limit: z.int().nullable().describe('Null: there is none.'),
        from: z.enum(['tenant', 'tier']).describe('Whether it is the tenant’s own or its tier’s.'),
        windowS: z.int().nullable().describe('Null: so many requests at once, by replica.'),
        used: z.int().nullable().describe('In the present window, as far as the replicas have told.'),
      }),
    ),
    until: z.string().nullable().describe('When the tenant’s own limits end; null: never, or it has none.'),
    ignored: z.array(z.string()).describe('Names among the tenant’s own limits that are no limit’s, and do nothing.'),
  })
  .meta({ id: 'TenantLimits' })

export function tenantLimitRoutes(deps: ShowLimitsDeps): readonly AnyRoute[] {
  return [
    route({
      method: 'get',
      path: '/tenants/{id}/limits',
      access: { kind: 'staff', roles: ['platform', 'sales', 'auditor'] },
      tag: 'tenants',
      summary: 'Show which limits hold for a tenant',
      description: 'Its own in the place of its tier’s, until when, and what is used of them.',
      params: z.object({ id: z.string() }),
      replies: { 200: { description: 'The limits.', schema: answer } },
      handle: async ({ params }) => ({ status: 200, json: await showTenantLimits(deps, parseTenantId(params.id)) }),
    }),
  ]
}
