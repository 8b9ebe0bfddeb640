import { z } from 'zod'
import { listAdvice } from '../../moves/advice/list-advice.ts'
import type { ModelFacts } from '../../moves/advice/model-ends.ts'
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

const modelEnd = z
  .object({
    model: z.string(),
    endsOn: z.string().describe('A day.'),
    source: z.string().describe('The page that announced it, or the setting that names the day.'),
    asOf: z.string().describe('When the list of announced ends was made.'),
    to: z.string().nullable().describe('The configured model to go to; null: every one ends no later.'),
    tenants: z.int(),
    records: z.int(),
    tokens: z.int().nullable().describe('Estimated from what was written lately; null: nothing was.'),
    price: z.number().nullable().describe('In US dollars, by the price of `to`; null: the settings name none.'),
    hours: z.number().nullable().describe('At REEMBED_TOKENS_PER_MINUTE; null without it.'),
    words: z.string(),
  })
  .meta({ id: 'ModelEnd' })

const model = z
  .object({
    name: z.string(),
    dimension: z.int(),
    price: z.number().nullable().describe('US dollars for a million tokens; null: the settings name none.'),
    endsOn: z.string().nullable().describe('A day; null: none is known.'),
    isStandard: z.boolean().describe('Whether new tenants get it.'),
  })
  .meta({ id: 'EmbeddingModel' })

function modelView({ name, dimension, price, end, isStandard }: ModelFacts) {
  return { name, dimension, price: price ?? null, endsOn: end?.endsOn ?? null, isStandard }
}

/** Routes for the policy's advice: the tenants that should move, and the models that they may change to. */
export function adviceRoutes(deps: Parameters<typeof listAdvice>[0]): readonly AnyRoute[] {
  return [
    route({
      method: 'get',
      path: '/advice',
      access: { kind: 'staff', roles: ['platform', 'sales', 'auditor'] },
      tag: 'moves',
      summary: 'List the tenants that should move, and why',
      description:
        'By the policy of MOVE_POLICY, as of the last look at all tenants, once a minute. Tenants that are being moved there are left out. Beside it: the embedding models that end.',
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
              modelEnds: z
                .array(modelEnd)
                .describe('Embedding models that end, announced or set, and what it takes to leave them.'),
            })
            .meta({ id: 'AdviceList' }),
        },
      },
      handle: async ({ query }) => ({ status: 200, json: await listAdvice(deps, query) }),
    }),
    route({
      method: 'get',
      path: '/models',
      access: { kind: 'staff', roles: ['platform', 'sales', 'auditor'] },
      tag: 'moves',
      summary: 'List the embedding models of the settings',
      replies: { 200: { description: 'All of them', schema: z.object({ items: z.array(model) }) } },
      handle: async () => ({ status: 200, json: { items: (deps.modelFacts ?? []).map(modelView) } }),
    }),
  ]
}
