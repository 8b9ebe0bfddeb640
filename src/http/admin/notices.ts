import { z } from 'zod'
import { listNotices, resendNotice } from '../../notices/list-notices.ts'
import { noticeTypes } from '../../placement/notice-types.ts'
import type { TenantWork } from '../../tenants/onboard/tenant-work.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import { pageFields } from './page-fields.ts'

const tag = 'notices'
const states = z.enum(['waiting', 'delivered', 'failed'])

const notice = z
  .object({
    id: z.string().describe('The `webhook-id` of its deliveries.'),
    type: z.enum(noticeTypes),
    at: z.string(),
    tenantId: z.string().nullable(),
    data: z.record(z.string(), z.unknown()),
    deliveries: z.array(
      z.object({
        hook: z.string(),
        state: states,
        attempts: z.int(),
        error: z.string().nullable().describe('Why the last attempt failed.'),
        deliveredAt: z.string().nullable(),
        nextAt: z.string().nullable().describe('When the next attempt is due.'),
      }),
    ),
  })
  .meta({ id: 'Notice' })

/** Routes for the events that are sent to the operator's hooks. */
export function noticeRoutes(deps: Pick<TenantWork, 'db'>): readonly AnyRoute[] {
  return [
    route({
      method: 'get',
      path: '/notices',
      access: { kind: 'staff', roles: ['platform', 'sales', 'auditor'] },
      tag,
      summary: 'List events and their deliveries',
      description: 'Those of the last 30 days, newest first. `state=failed`: what no attempt delivered.',
      query: z.object({
        state: states.optional(),
        ...pageFields(50),
      }),
      replies: {
        200: {
          description: 'A page; `nextCursor` is null on the last one.',
          schema: z.object({ items: z.array(notice), nextCursor: z.string().nullable() }).meta({ id: 'NoticeList' }),
        },
      },
      handle: async ({ query }) => ({ status: 200, json: await listNotices(deps, query) }),
    }),
    route({
      method: 'post',
      path: '/notices/{noticeId}/resend',
      access: { kind: 'staff', roles: ['platform'] },
      tag,
      summary: 'Send an event again',
      description: 'To all of its hooks, at once, with the same `webhook-id`: a receiver that has it ignores it.',
      params: z.object({ noticeId: z.string().max(64) }),
      replies: { 200: { description: 'The event; its deliveries wait.', schema: notice } },
      handle: async ({ principal, params }) => ({
        status: 200,
        json: await resendNotice(deps, principal, params.noticeId),
      }),
    }),
  ]
}
