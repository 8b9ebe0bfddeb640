import { setTimeout } from 'node:timers/promises'
import { z } from 'zod'
import type { Db } from '../../db/connect.ts'
import { isEnded, moveStates } from '../../moves/move-state.ts'
import { listMoves, lookAtMove, showMove } from '../../moves/show-move.ts'
import { showReport } from '../../moves/show-report.ts'
import { startMove } from '../../moves/start-move.ts'
import { cancelMove, completeMove, pauseMove, resumeMove, rollbackMove } from '../../moves/steer-move.ts'
import type { MoveSettings } from '../../moves/step.ts'
import { parseTenantId } from '../../placement/tenant-id.ts'
import { type AnyRoute, route } from '../route.ts'

export interface MoveRouteDeps {
  readonly db: Db
  readonly settings: Pick<MoveSettings, 'project' | 'projectIndexLimit' | 'region'>
}

const tag = 'moves'
const platform = { kind: 'staff', roles: ['platform'] } as const
const anyStaff = { kind: 'staff', roles: ['platform', 'sales', 'auditor'] } as const

const moveId = z.object({ id: z.uuid() })
const place = z.object({
  kind: z.enum(['pool', 'silo']),
  project: z.string(),
  index: z.string(),
  generation: z.int(),
})
const move = z
  .object({
    id: z.uuid(),
    tenantId: z.string(),
    kind: z.enum(['promote', 'demote', 'rebalance']),
    state: z.enum(moveStates),
    progress: z.object({
      copied: z.int(),
      verified: z.int(),
      total: z.int().nullable(),
      percent: z.int(),
      etaS: z.int().nullable(),
    }),
    source: place,
    target: place.nullable(),
    verification: z
      .object({
        verifiedAt: z.string(),
        sourceRecords: z.int(),
        targetRecords: z.int(),
        equal: z.int(),
        repaired: z.int(),
        digest: z.string().describe('SHA-256 over the digests of all records in the order of their ids.'),
        replayed: z
          .object({ queries: z.int(), meanOverlapAt10: z.number(), leastOverlapAt10: z.number() })
          .optional()
          .describe('The tenant’s last queries, asked of both places; not there when none was known.'),
      })
      .nullable(),
    writePauseMs: z.int().nullable(),
    dirty: z.object({ touched: z.int(), unsynced: z.int() }),
    requested: z.enum(['cancel', 'complete', 'rollback']).nullable(),
    gate: z.string().nullable().describe('What the move waits for, in words.'),
    error: z.string().nullable(),
    createdBy: z.string(),
    createdAt: z.string(),
    updatedAt: z.string(),
    switchedAt: z.string().nullable(),
    retainUntil: z.string().nullable(),
    endedAt: z.string().nullable(),
  })
  .meta({ id: 'Move' })

const report = z
  .object({
    moveId: z.uuid(),
    tenantId: z.string(),
    kind: move.shape.kind,
    state: move.shape.state,
    source: place,
    target: place.nullable(),
    writePauseMs: z.int().nullable(),
    verification: move.shape.verification.unwrap(),
    rangeSize: z.int().describe('Records a range.'),
    ranges: z.array(z.object({ firstId: z.string(), lastId: z.string(), records: z.int(), digest: z.string() })),
    history: z.array(z.object({ at: z.string(), state: z.enum(moveStates), detail: z.unknown(), hash: z.string() })),
  })
  .meta({ id: 'MoveReport' })

/** Starting, watching and steering moves. */
export function moveRoutes(deps: MoveRouteDeps): readonly AnyRoute[] {
  return [
    route({
      method: 'post',
      path: '/tenants/{id}/moves',
      access: platform,
      tag,
      summary: 'Move a tenant',
      description:
        'Queues a move. `promote` takes a tenant from a shared index to one of its own. Reads and writes go on; writes wait for the switch, at most as long as a fence may last.',
      params: z.object({ id: z.string() }),
      body: z.object({ kind: z.enum(['promote', 'demote', 'rebalance']) }),
      replies: { 202: { description: 'The move, queued', schema: move } },
      async handle({ principal, params, body }) {
        const json = await startMove(deps, principal, { tenantId: parseTenantId(params.id), kind: body.kind })
        return { status: 202, json, headers: { Location: `/moves/${json.id}` } }
      },
    }),
    route({
      method: 'get',
      path: '/moves',
      access: anyStaff,
      tag,
      summary: 'List moves, newest first',
      query: z.object({
        tenantId: z.string().optional(),
        open: z.enum(['true', 'false']).optional(),
        limit: z.coerce.number().int().min(1).max(100).default(20),
        cursor: z.iso.datetime().optional(),
      }),
      replies: {
        200: {
          description: 'A page of moves',
          schema: z.object({ items: z.array(move), nextCursor: z.string().nullable() }),
        },
      },
      async handle({ query }) {
        const { tenantId, open, limit, cursor } = query
        const only = tenantId === undefined ? {} : { tenantId: parseTenantId(tenantId, 'tenantId') }
        return { status: 200, json: await listMoves(deps, { ...only, open: open === 'true', limit, cursor }) }
      },
    }),
    route({
      method: 'get',
      path: '/moves/{id}',
      access: anyStaff,
      tag,
      summary: 'Show a move',
      params: moveId,
      replies: { 200: { description: 'The move', schema: move } },
      handle: async ({ params }) => ({ status: 200, json: await showMove(deps, params.id) }),
    }),
    route({
      method: 'get',
      path: '/moves/{id}/report',
      access: anyStaff,
      tag,
      summary: 'What was verified of a move',
      description:
        'To be kept: counts, digests by range of ids, repairs, replayed queries, and the hash-chained history.',
      params: moveId,
      replies: { 200: { description: 'The report; 404 before the comparison has ended', schema: report } },
      handle: async ({ params }) => ({ status: 200, json: await showReport(deps, params.id) }),
    }),
    route({
      method: 'get',
      path: '/moves/{id}/events',
      access: anyStaff,
      tag,
      summary: 'Watch a move',
      description:
        'Server-sent events: `state` for each change of state, the history first; `progress`, the whole move when something of it changed; `end`, likewise, when it has ended. Goes on after `Last-Event-ID`.',
      params: moveId,
      replies: { 200: { description: 'A stream of events' } },
      async handle({ params, signal, header }) {
        await showMove(deps, params.id)
        return { status: 200, events: watch(deps.db, params.id, Number(header('last-event-id') ?? 0) || 0, signal) }
      },
    }),
    ...(
      [
        ['cancel', cancelMove],
        ['pause', pauseMove],
        ['resume', resumeMove],
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
        replies: { 202: { description: 'The move as it is now', schema: move } },
        handle: async ({ principal, params }) => ({ status: 202, json: await steer(deps, principal, params.id) }),
      }),
    ),
  ]
}

const summaries = {
  cancel: 'Before the switch: drop the target, go on with the source',
  pause: 'Before the switch: leave the move as it is; writes go on',
  resume: 'Go on with a paused move',
  rollback: 'After the switch: go back to the source, which has what was written since',
  complete: 'After the switch: delete the source',
}

async function* watch(db: Db, id: string, afterId: number, signal: AbortSignal) {
  let last = afterId
  let shown = ''
  while (!signal.aborted) {
    const { view, events } = await lookAtMove({ db }, id, last)
    for (const event of events) {
      last = event.id
      yield { id: String(event.id), event: 'state', data: event }
    }
    const text = JSON.stringify([view.state, view.requested, view.progress, view.gate, view.error])
    if (text !== shown) yield { event: 'progress', data: view }
    shown = text
    if (isEnded(view.state)) {
      yield { event: 'end', data: view }
      return
    }
    await setTimeout(500, undefined, { signal }).catch(() => undefined)
  }
}
