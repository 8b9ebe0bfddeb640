import { z } from 'zod'
import { listAdvice } from '../../moves/advice/list-advice.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import { pageFields } from './page-fields.ts'
import { inTheWay } from './tenant-fields.ts'

const advice = z
  .object({
    tenantId: z.string(),
    advice: z.enum(['promote', 'demote']),
    reasons: z.array(z.string()).describe('In words.'),
    since: z.string().describe('The advice has stood unchanged since then.'),
    inTheWay,
  })
  .meta({ id: 'Advice' })

/** Routes for the policy's advice: the tenants that should move. */
export function adviceRoutes(deps: Parameters<typeof listAdvice>[0]): readonly AnyRoute[] {
  return [
    route({
      method: 'get',
      path: '/advice',
      access: { kind: 'staff', roles: ['platform', 'sales', 'auditor'] },
      tag: 'moves',
      summary: 'List the tenants that should move, and why',
      description:
        'By the policy of MOVE_POLICY, as of the last look at all tenants, once a minute. Tenants that are being moved there are left out.',
      query: z.object({
        ...pageFields(100),
      }),
      replies: {
        200: {
          description: 'A page, by tenant id; `nextCursor` is null on the last one.',
          schema: z
            .object({
              items: z.array(advice),
              nextCursor: z.string().nullable(),
              silosLeft: z.int().describe('Additional indexes that the project allows.'),
              lookedAt: z.string().nullable().describe('When all tenants were last looked at; null: never.'),
            })
            .meta({ id: 'AdviceList' }),
        },
      },
      handle: async ({ query }) => ({ status: 200, json: await listAdvice(deps, query) }),
    }),
  ]
}
