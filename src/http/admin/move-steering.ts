import { z } from 'zod'
import type { Db } from '../../db/connect.ts'
import { cancelMove, completeMove, pauseMove, resumeMove, rollbackMove } from '../../moves/steer-move.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import { acceptLoss, acceptRecall, move } from './move-fields.ts'

const tag = 'moves'
const platform = { kind: 'staff', roles: ['platform'] } as const
const moveId = z.object({ id: z.uuid() })

/** Routes by which a person decides how a move goes on. */
export function steeringRoutes(deps: { readonly db: Db }): readonly AnyRoute[] {
  return [
    ...(
      [
        ['cancel', cancelMove],
        ['rollback', rollbackMove],
        ['complete', completeMove],
      ] as const
    ).map(([verb, steer]) =>
      route({
        method: 'post',
        path: `/moves/{id}/${verb}`,
        access: platform,
        tag,
        summary: summaries[verb],
        params: moveId,
        query: z.object({ acceptLoss }),
        replies: { 202: { description: 'The move as it is now', schema: move } },
        handle: async ({ principal, params, query }) => ({
          status: 202,
          json: await steer(deps, principal, params.id, query.acceptLoss),
        }),
      }),
    ),
    route({
      method: 'post',
      path: '/moves/{id}/resume',
      access: platform,
      tag,
      summary: 'Resume a paused move',
      params: moveId,
      query: z.object({ acceptLoss, acceptRecall }),
      replies: { 202: { description: 'The move as it is now', schema: move } },
      handle: async ({ principal, params, query }) => ({
        status: 202,
        json: await resumeMove(deps, principal, params.id, query.acceptLoss, query.acceptRecall === 'true'),
      }),
    }),
    route({
      method: 'post',
      path: '/moves/{id}/pause',
      access: platform,
      tag,
      summary: summaries.pause,
      params: moveId,
      replies: { 202: { description: 'The move as it is now', schema: move } },
      handle: async ({ principal, params }) => ({ status: 202, json: await pauseMove(deps, principal, params.id) }),
    }),
  ]
}

const summaries = {
  cancel: 'Before the switch: drop the target, keep the source',
  pause: 'Before the switch: pause the move; writes continue',
  rollback: 'After the switch: return to the source, which has everything written since',
  complete: 'After the switch: delete the source',
}
