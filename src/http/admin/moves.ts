import { setTimeout } from 'node:timers/promises'
import { z } from 'zod'
import { startDrain } from '../../moves/drain/start-drain.ts'
import { stopDrain } from '../../moves/drain/start-drain-stop.ts'
import { planMove } from '../../moves/plan/plan-move.ts'
import type { StoreMs } from '../../moves/plan/plan-speeds.ts'
import type { PriceList } from '../../moves/plan/price-list.ts'
import { listMoves, lookAtMove, showMove } from '../../moves/show-move.ts'
import { showReport } from '../../moves/show-report.ts'
import { startMove } from '../../moves/start-move.ts'
import { isEnded } from '../../moves/state/move-state.ts'
import { parseTenantId } from '../../placement/tenant-id.ts'
import type { ApprovalDeps } from '../../tenants/approvals/approvable-work.ts'
import { askApproval } from '../../tenants/approvals/ask-approval.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import { approval, awaiting } from './approvals.ts'
import { kind, move, project, region, report } from './move-fields.ts'
import { drain, plan, stoppedDrain } from './move-plan-fields.ts'
import { steeringRoutes } from './move-steering.ts'

export interface MoveRouteDeps extends ApprovalDeps {
  readonly priceList: PriceList
  /** Mean times of this replica's store calls. */
  readonly storeMs?: StoreMs
}

const tag = 'moves'
const platform = { kind: 'staff', roles: ['platform'] } as const
const anyStaff = { kind: 'staff', roles: ['platform', 'sales', 'auditor'] } as const

const moveId = z.object({ id: z.uuid() })

/** Routes to start, watch and steer moves. */
export function moveRoutes(deps: MoveRouteDeps): readonly AnyRoute[] {
  return [
    route({
      method: 'post',
      path: '/tenants/{id}/moves',
      access: platform,
      tag,
      summary: 'Move a tenant',
      description:
        'Queues a move. `promote` takes a tenant from a shared index to one of its own, `demote` back into the fullest shared index with room, `rebalance` into another shared index, `reembed` into an index of another embedding model, `relocate` into one of another region or Pinecone project. Reads and writes go on; writes wait for the switch, at most as long as a fence may last. With `plan` nothing is changed: the answer says what the move would do and cost, and why it would be refused.',
      params: z.object({ id: z.string() }),
      body: z.object({
        kind,
        to: z
          .string()
          .max(90)
          .optional()
          .describe(
            'Of a rebalance or a reembed: the shared index to go to; `project/index` where several projects have one so named.',
          ),
        model: z
          .string()
          .max(100)
          .optional()
          .describe('Of a reembed: the embedding model to go to, by its name in the settings.'),
        leaveBehind: z
          .int()
          .min(0)
          .optional()
          .describe('Of a reembed: records without a text that may stay behind. Without it none may.'),
        vectorsFrom: z.uuid().optional().describe('Of a reembed: a file of vectors for records without a text.'),
        region,
        project,
        maxRecallLoss: z
          .number()
          .min(0)
          .max(1)
          .optional()
          .describe(
            'Of a reembed: how much lower recall@5 may be afterwards. The move then waits before the switch until `POST /moves/{id}/evaluation` has measured it.',
          ),
        plan: z.boolean().optional(),
      }),
      replies: {
        200: { description: 'With `plan`: what the move would do', schema: plan },
        202: {
          description: 'The move, queued; or, where a second person has to approve it, the request (`APPROVALS`).',
          schema: z.union([move, approval]),
        },
      },
      async handle({ principal, params, body, signal }) {
        const { plan: isPlan, kind, ...fields } = body
        const wanted = { tenantId: parseTenantId(params.id), kind, ...fields }
        if (isPlan) return { status: 200, json: await planMove(deps, wanted, signal) }
        const asked = await askApproval(deps, principal, { verb: kind, tenantId: wanted.tenantId, ...fields })
        if (asked !== undefined) return awaiting(asked)
        const json = await startMove(deps, principal, wanted)
        return { status: 202, json, headers: { Location: `/moves/${json.id}` } }
      },
    }),
    route({
      method: 'post',
      path: '/indexes/{name}/drain',
      access: platform,
      tag,
      summary: 'Empty a shared index',
      description:
        'It takes no more tenants, and each one in it is queued for a rebalance, the longest-standing first. A repeat queues those that are left.',
      params: z.object({
        name: z
          .string()
          .max(90)
          .describe('`project/index`, the slash as %2F, where several projects have one so named.'),
      }),
      replies: { 202: { description: 'The moves that were queued', schema: drain } },
      handle: async ({ principal, params }) => ({ status: 202, json: await startDrain(deps, principal, params.name) }),
    }),
    route({
      method: 'delete',
      path: '/indexes/{name}/drain',
      access: platform,
      tag,
      summary: 'Stop a drain',
      description: 'Reopens the index for tenants, and cancels moves out of it that have not begun.',
      params: z.object({ name: z.string().max(90) }),
      replies: { 200: { description: 'What was cancelled', schema: stoppedDrain } },
      handle: async ({ principal, params }) => ({ status: 200, json: await stopDrain(deps, principal, params.name) }),
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
        cursor: z.string().max(1_000).optional().describe('`nextCursor` of the previous page.'),
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
      summary: 'Show the verification of a move',
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
      replies: { 200: { description: 'A stream of events', events: ['state', 'progress', 'end', 'error'] } },
      async handle({ params, signal, header }) {
        await showMove(deps, params.id)
        return { status: 200, events: watch(deps.db, params.id, Number(header('last-event-id') ?? 0) || 0, signal) }
      },
    }),
    ...steeringRoutes(deps),
  ]
}

async function* watch(db: ApprovalDeps['db'], id: string, afterId: number, signal: AbortSignal) {
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
