import { z } from 'zod'
import { parseTenantId } from '../../placement/tenant-id.ts'
import { listUsage } from '../../tenants/list-usage.ts'
import type { TenantWork } from '../../tenants/onboard/tenant-work.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import { pageFields } from './page-fields.ts'

const day = z.iso.date()

const used = z
  .object({
    tenantId: z.string(),
    day: z.string().describe('In UTC, as in 2026-11-21.'),
    requests: z.int().describe('Those that were served.'),
    errors: z.int().describe('Those that failed or were refused.'),
    cacheHits: z.int(),
    p50Ms: z.number().nullable().describe('Latency of served requests, as an upper bound.'),
    p99Ms: z.number().nullable(),
    embeddingTokens: z.int(),
    answerTokens: z.int(),
    answerOutputTokens: z.int().describe('Those of them that the model wrote.'),
    readUnits: z.number().describe('The vendor’s, as they come back with queries; other calls by the vendor’s rules.'),
    writeUnits: z.number(),
    egressBytes: z.int(),
    writtenRecords: z.int(),
    writtenBytes: z.int(),
    records: z.int().nullable().describe('At the store’s last count on that day; null: it was not counted.'),
  })
  .meta({ id: 'Usage' })

/** Routes for tenants' usage. */
export function usageRoutes(deps: Pick<TenantWork, 'db'>): readonly AnyRoute[] {
  return [
    route({
      method: 'get',
      path: '/usage',
      access: { kind: 'staff', roles: ['platform', 'sales', 'auditor'] },
      tag: 'usage',
      summary: 'List what tenants used, by the day',
      description:
        'Newest day first, then by tenant, over the last 62 days. Replicas report once a minute, and a killed one loses its unreported counts: this is no invoice.',
      query: z.object({
        tenantId: z.string().optional(),
        from: day.optional().describe('The first day.'),
        to: day.optional().describe('The last day.'),
        ...pageFields(50),
      }),
      replies: {
        200: {
          description: 'A page; `nextCursor` is null on the last one.',
          schema: z.object({ items: z.array(used), nextCursor: z.string().nullable() }).meta({ id: 'UsageList' }),
        },
      },
      async handle({ query }) {
        const tenantId = query.tenantId === undefined ? undefined : parseTenantId(query.tenantId, 'tenantId')
        return { status: 200, json: await listUsage(deps, { ...query, tenantId }) }
      },
    }),
  ]
}
