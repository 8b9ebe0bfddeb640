import { z } from 'zod'
import { limitNames } from '../../limits/quotas.ts'
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
        windowS: z.int().nullable().describe('Null: a limit of concurrent requests, per replica.'),
        used: z.int().nullable().describe('Usage in the present window, as reported by the replicas.'),
      }),
    ),
    until: z.string().nullable().describe('When the tenant’s own limits end; null: never, or it has none.'),
    ignored: z.array(z.string()).describe('Unknown names among the tenant’s own limits, which have no effect.'),
  })
  .meta({ id: 'TenantLimits' })

export function tenantLimitRoutes(deps: ShowLimitsDeps): readonly AnyRoute[] {
  return [
    route({
      method: 'get',
      path: '/tenants/{id}/limits',
      access: { kind: 'staff', roles: ['platform', 'sales', 'auditor'] },
      tag: 'tenants',
      summary: 'Show the limits in force for a tenant',
      description: 'Its own override its tier’s; with their end and their usage.',
      params: z.object({ id: z.string() }),
      replies: { 200: { description: 'The limits.', schema: answer } },
      handle: async ({ params }) => ({ status: 200, json: await showTenantLimits(deps, parseTenantId(params.id)) }),
    }),
  ]
}
