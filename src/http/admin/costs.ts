import { z } from 'zod'
import { parseTenantId } from '../../placement/tenant-id.ts'
import { type CostDeps, listCosts } from '../../tenants/list-costs.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import { pageFields } from './page-fields.ts'

const amount = z.number()

const cost = z
  .object({
    tenantId: z.string(),
    name: z.string().nullable(),
    tier: z.enum(['standard', 'enterprise']).nullable(),
    kind: z.enum(['pool', 'silo']).nullable(),
    cloud: z.string().nullable(),
    region: z.string().nullable(),
    model: z.string().nullable(),
    requests: amount,
    embeddingTokens: amount,
    answerTokens: amount,
    answerOutputTokens: amount.describe('Those of them that the model wrote.'),
    readUnits: amount,
    writeUnits: amount,
    egressBytes: amount,
    storedBytes: amount.nullable().describe('By the mean size of the records that it wrote.'),
    monthShare: amount.describe('Of a month, that its storage is priced for.'),
    cost: z
      .object({
        reads: amount,
        writes: amount,
        storage: amount,
        egress: amount.nullable(),
        embedding: amount.nullable(),
        answers: amount.nullable(),
        total: amount,
      })
      .nullable()
      .describe('In US dollars. Null: there is no price for its region.'),
    notes: z.array(z.string()).describe('What the estimate lacks.'),
  })
  .meta({ id: 'Cost' })

/** Routes for what tenants cost. */
export function costRoutes(deps: CostDeps): readonly AnyRoute[] {
  return [
    route({
      method: 'get',
      path: '/costs',
      access: { kind: 'staff', roles: ['platform', 'sales', 'auditor'] },
      tag: 'usage',
      summary: 'Estimate what tenants cost in a month',
      description:
        'Month to date, by the vendor’s list prices or those of PRICE_LIST. A region that the list lacks has no price, in place of another’s.',
      query: z.object({
        month: z
          .string()
          .regex(/^2\d{3}-(0[1-9]|1[0-2])$/, 'must be a month, as in 2026-11')
          .optional()
          .describe('Default: the present one, in UTC.'),
        tenantId: z.string().optional(),
        ...pageFields(50),
      }),
      replies: {
        200: {
          description: 'A page, by tenant id; `nextCursor` is null on the last one.',
          schema: z
            .object({
              items: z.array(cost),
              nextCursor: z.string().nullable(),
              month: z.string(),
              currency: z.literal('USD'),
              prices: z.object({ asOf: z.string(), plan: z.string(), source: z.string() }),
              estimate: z.string(),
            })
            .meta({ id: 'CostList' }),
        },
      },
      async handle({ query }) {
        const tenantId = query.tenantId === undefined ? undefined : parseTenantId(query.tenantId, 'tenantId')
        return { status: 200, json: await listCosts(deps, { ...query, tenantId }) }
      },
    }),
  ]
}
