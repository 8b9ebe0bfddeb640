import { z } from 'zod'
import { approvableVerbs } from '../../placement/approvable.ts'
import type { ApprovalDeps } from '../../tenants/approvals/approvable-work.ts'
import { type ApprovalView, listApprovals, showApproval } from '../../tenants/approvals/approval-view.ts'
import { approve, reject } from '../../tenants/approvals/decide-approval.ts'
import { type AnyRoute, type Reply, route } from '../pipeline/route.ts'
import { pageFields } from './page-fields.ts'

const tag = 'approvals'
const platform = { kind: 'staff', roles: ['platform'] } as const
const anyStaff = { kind: 'staff', roles: ['platform', 'sales', 'auditor'] } as const
const params = z.object({ approvalId: z.uuid() })
const states = ['awaiting_approval', 'approved', 'rejected', 'void'] as const

export const approval = z
  .object({
    id: z.uuid(),
    status: z.enum([...states, 'expired']),
    verb: z.enum(approvableVerbs),
    subject: z.string().describe('The tenant’s id, or the import’s.'),
    plan: z.record(z.string(), z.unknown()).describe('The facts that an approval is for.'),
    requestedBy: z.string(),
    requestedAt: z.string(),
    note: z.string().nullable(),
    expiresAt: z.string(),
    decidedBy: z.string().nullable(),
    decidedAt: z.string().nullable(),
    reason: z.string().nullable().describe('Why it was rejected, or is void.'),
    location: z.string().nullable().describe('Path of what came of it.'),
  })
  .meta({ id: 'Approval' })

/** The answer to a call that waits for a second person. */
export function awaiting(view: ApprovalView): Reply {
  return { status: 202, json: view, headers: { Location: `/approvals/${view.id}` } }
}

/** Routes for what a second person has to approve. */
export function approvalRoutes(deps: ApprovalDeps): readonly AnyRoute[] {
  return [
    route({
      method: 'get',
      path: '/approvals',
      access: anyStaff,
      tag,
      summary: 'List requests for approval',
      description: 'Newest first. The verbs that need a second person are those of `APPROVALS`.',
      query: z.object({
        state: z.enum(states).optional(),
        ...pageFields(50),
      }),
      replies: {
        200: {
          description: 'A page; `nextCursor` is null on the last one.',
          schema: z
            .object({ items: z.array(approval), nextCursor: z.string().nullable() })
            .meta({ id: 'ApprovalList' }),
        },
      },
      handle: async ({ query }) => ({ status: 200, json: await listApprovals(deps, query) }),
    }),
    route({
      method: 'get',
      path: '/approvals/{approvalId}',
      access: anyStaff,
      tag,
      summary: 'Show a request for approval',
      params,
      replies: { 200: { description: 'The request.', schema: approval } },
      handle: async ({ params }) => ({ status: 200, json: await showApproval(deps, params.approvalId) }),
    }),
    route({
      method: 'post',
      path: '/approvals/{approvalId}/approve',
      access: platform,
      tag,
      summary: 'Approve a request, and carry it out',
      description:
        'For a second person: whoever asked gets 403. It is for exactly the plan that was shown: when one of its facts has changed since, the request becomes void (409), and nothing is done. A repeat shows the outcome.',
      params,
      replies: { 200: { description: 'The request, carried out.', schema: approval } },
      handle: async ({ principal, params }) => ({
        status: 200,
        json: await approve(deps, principal, params.approvalId),
      }),
    }),
    route({
      method: 'post',
      path: '/approvals/{approvalId}/reject',
      access: platform,
      tag,
      summary: 'Reject a request',
      description: 'With `X-Change-Note` as the reason. Whoever asked may withdraw it so.',
      params,
      replies: { 200: { description: 'The request.', schema: approval } },
      handle: async ({ principal, params }) => ({
        status: 200,
        json: await reject(deps, principal, params.approvalId),
      }),
    }),
  ]
}
