import { z } from 'zod'
import { listIndexReembeds } from '../../moves/batch/list-reembeds.ts'
import { type IndexReembedDeps, startIndexReembed, stopIndexReembed } from '../../moves/batch/start-reembeds.ts'
import { type EvaluateMoveDeps, evaluateMove } from '../../moves/evaluate/evaluate-move.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import { move } from './move-fields.ts'

const tag = 'moves'
const platform = { kind: 'staff', roles: ['platform'] } as const
const named = z.object({ name: z.string().max(90) })

const batch = z
  .object({
    id: z.uuid(),
    index: z.string(),
    model: z.string(),
    tokensPerDay: z.int(),
    tokensUsed: z.int().describe('By its moves of the last 24 hours.'),
    leaveBehind: z.int(),
    maxRecallLoss: z.number().nullable(),
    state: z.enum(['running', 'stopped', 'done']),
    tenants: z
      .object({ left: z.int(), open: z.int(), moved: z.int(), undone: z.int() })
      .describe('Those without a move, on their way, in their new place, and sent back.'),
    skipped: z.array(z.object({ tenantId: z.string(), reason: z.string() })),
    createdBy: z.string(),
    createdAt: z.string(),
    endedAt: z.string().nullable(),
  })
  .meta({ id: 'IndexReembed' })

const question = z.object({
  question: z.string().min(1).max(8_000),
  of: z.enum(['document', 'chunk']).describe('The kind of the ids; a document counts once, by its best chunk.'),
  relevant: z.array(z.string().min(1)).min(1).max(100).describe('Ids that answer it.'),
})

/** Routes of moves to another embedding model: both places are compared, and all tenants of an index follow. */
export function reembedRoutes(deps: IndexReembedDeps & EvaluateMoveDeps): readonly AnyRoute[] {
  return [
    route({
      method: 'post',
      path: '/moves/{id}/evaluation',
      access: { kind: 'staff', roles: ['platform'] },
      tag: 'moves',
      summary: 'Measure both places of a move to another model',
      description:
        'Asks both places the same questions, each by its own model, in dense mode. The figures are kept with the move, the questions are not. A move that waits for its recall goes on when the figures allow it.',
      params: z.object({ id: z.uuid() }),
      body: z.object({ questions: z.array(question).min(1).max(500) }),
      replies: { 200: { description: 'The move, with its `embedding.evaluation`', schema: move } },
      handle: async ({ principal, params, body, signal }) => ({
        status: 200,
        json: await evaluateMove(deps, principal, params.id, body.questions, signal),
      }),
    }),
    route({
      method: 'post',
      path: '/indexes/{name}/reembed',
      access: platform,
      tag,
      summary: 'Give all tenants of an index another embedding model',
      description:
        'One move after another, the smallest tenant first. No move begins once those of the last 24 hours have embedded `tokensPerDay`; one that has begun goes on. A repeat changes budget and conditions, and tries again those that were skipped.',
      params: named,
      body: z.object({
        model: z.string().max(100),
        tokensPerDay: z.int().min(1),
        leaveBehind: z.int().min(0).optional().describe('Of each tenant: as of a reembed.'),
        maxRecallLoss: z.number().min(0).max(1).optional().describe('Of each tenant: as of a reembed.'),
      }),
      replies: { 202: { description: 'How far it is', schema: batch } },
      handle: async ({ principal, params, body }) => ({
        status: 202,
        json: await startIndexReembed(deps, principal, { index: params.name, ...body }),
      }),
    }),
    route({
      method: 'delete',
      path: '/indexes/{name}/reembed',
      access: platform,
      tag,
      summary: 'Begin no more of these moves',
      description: 'Moves that have not begun are cancelled; those under way go on.',
      params: named,
      replies: { 200: { description: 'How far it came', schema: batch } },
      handle: async ({ principal, params }) => ({
        status: 200,
        json: await stopIndexReembed(deps, principal, params.name),
      }),
    }),
    route({
      method: 'get',
      path: '/reembeds',
      access: { kind: 'staff', roles: ['platform', 'sales', 'auditor'] },
      tag,
      summary: 'List the indexes whose tenants change their embedding model',
      replies: { 200: { description: 'The last 50, newest first', schema: z.object({ items: z.array(batch) }) } },
      handle: async () => ({ status: 200, json: { items: await listIndexReembeds(deps) } }),
    }),
  ]
}
