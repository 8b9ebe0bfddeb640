import { z } from 'zod'
import { type EvaluateMoveDeps, evaluateMove } from '../../moves/evaluate/evaluate-move.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import { move } from './move-fields.ts'

const question = z.object({
  question: z.string().min(1).max(8_000),
  of: z.enum(['document', 'chunk']).describe('The kind of the ids; a document counts once, by its best chunk.'),
  relevant: z.array(z.string().min(1)).min(1).max(100).describe('Ids that answer it.'),
})

/** The route that compares both places of a move to another model by a set of questions. */
export function evaluationRoutes(deps: EvaluateMoveDeps): readonly AnyRoute[] {
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
  ]
}
