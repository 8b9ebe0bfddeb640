import { z } from 'zod'
import { parseCustomerId, parseTenantId } from '../../placement/tenant-id.ts'
import type { ApprovalDeps } from '../../tenants/approvals/approvable-work.ts'
import { askApproval } from '../../tenants/approvals/ask-approval.ts'
import { changeTenant } from '../../tenants/change-tenant.ts'
import { createTenant } from '../../tenants/create-tenant.ts'
import { listTenants } from '../../tenants/list-tenants.ts'
import { offboardTenant } from '../../tenants/offboard/offboard-tenant.ts'
import { resumeTenant } from '../../tenants/resume-tenant.ts'
import { showReceipt, showTenant } from '../../tenants/show-tenant.ts'
import { showTenantRoute } from '../../tenants/show-tenant-route.ts'
import { suspendTenant } from '../../tenants/suspend-tenant.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import { approval, awaiting } from './approvals.ts'
import { pageFields } from './page-fields.ts'
import {
  attributes,
  deletionReceipt,
  limitsSchema,
  limitsUntil,
  name,
  status,
  switchedTenant,
  tenant,
  tenantRoute,
  tier,
} from './tenant-fields.ts'

const tag = 'tenants'
const platform = { kind: 'staff', roles: ['platform'] } as const
const platformAndSales = { kind: 'staff', roles: ['platform', 'sales'] } as const
const anyStaff = { kind: 'staff', roles: ['platform', 'sales', 'auditor'] } as const
const params = z.object({ id: z.string() })

/** Routes to onboard, manage and offboard tenants. */
export function tenantRoutes(deps: ApprovalDeps): readonly AnyRoute[] {
  return [
    route({
      method: 'post',
      path: '/tenants',
      access: platformAndSales,
      tag,
      summary: 'Onboard a tenant',
      description: [
        'Gives it a namespace in the fullest shared index with capacity. An enterprise tenant gets an index of its own from the start if the platform team asks; asked for by sales it is pooled and awaits promotion.',
        'A repeat answers 200 and resumes what is unfinished; other content for the same id is 409.',
        'Only the platform team sets `limits`.',
      ].join(' '),
      body: z.object({
        id: z.string(),
        name,
        tier: tier.optional(),
        region: z
          .string()
          .regex(/^[a-z0-9-]{1,40}$/, 'must be a region of the cloud, as in us-east-1')
          .optional()
          .describe('Where its vectors must stay; without it, where new indexes are made.'),
        limits: limitsSchema.optional(),
        attributes: attributes.optional(),
      }),
      replies: {
        200: { description: 'It existed already, with this content.', schema: tenant },
        201: { description: 'Its place is ready.', schema: tenant },
        202: { description: 'Its place is still being made; `status` is `provisioning`.', schema: tenant },
      },
      async handle({ principal, body }) {
        const made = await createTenant(deps, principal, { ...body, id: parseCustomerId(body.id) })
        const answers = { created: 201, provisioning: 202, exists: 200 } as const
        return {
          status: answers[made.outcome],
          json: made.tenant,
          headers: { Location: `/tenants/${made.tenant.id}` },
        }
      },
    }),
    route({
      method: 'get',
      path: '/tenants',
      access: anyStaff,
      tag,
      summary: 'List tenants',
      description: 'Sorted by id.',
      query: z.object({
        search: z
          .string()
          .min(1)
          .max(200)
          .optional()
          .describe('Part of the id, the name, or an attribute such as the CRM id, in any case.'),
        ids: z
          .string()
          .transform((text) => text.split(',').map((id) => parseTenantId(id, 'ids')))
          .refine((ids) => ids.length <= 500, 'has more than 500 ids')
          .optional()
          .describe('Only these, up to 500 with commas between them; a page has them all.'),
        attribute: z
          .string()
          .regex(/^[^:]{1,64}:.{1,500}$/s, 'must be a name and a value, as in crmId:0015')
          .optional()
          .describe('A whole attribute, as in `crmId:0015`.'),
        tier: tier.optional(),
        status: status.optional(),
        awaitingPromotion: z.enum(['true', 'false']).optional(),
        canaries: z.enum(['true', 'false']).optional().describe('`true`: also the canaries of `prove-isolation`.'),
        ...pageFields(50),
      }),
      replies: {
        200: {
          description: 'A page; `nextCursor` is null on the last one.',
          schema: z.object({ items: z.array(tenant), nextCursor: z.string().nullable() }).meta({ id: 'TenantList' }),
        },
      },
      async handle({ query }) {
        const { awaitingPromotion: awaiting, canaries, ...rest } = query
        const awaitingPromotion = awaiting === undefined ? undefined : awaiting === 'true'
        return {
          status: 200,
          json: await listTenants(deps, { ...rest, awaitingPromotion, canaries: canaries === 'true' }),
        }
      },
    }),
    route({
      method: 'get',
      path: '/tenants/{id}',
      access: anyStaff,
      tag,
      summary: 'Show a tenant',
      params,
      replies: { 200: { description: 'The tenant.', schema: tenant } },
      handle: async ({ params }) => ({ status: 200, json: await showTenant(deps, parseTenantId(params.id)) }),
    }),
    route({
      method: 'get',
      path: '/tenants/{id}/route',
      access: anyStaff,
      tag,
      summary: 'Show where a tenant lives',
      description: 'Where its requests go, why it is there, and which limit is nearest.',
      params,
      replies: { 200: { description: 'The route.', schema: tenantRoute } },
      handle: async ({ params }) => ({ status: 200, json: await showTenantRoute(deps, parseTenantId(params.id)) }),
    }),
    route({
      method: 'patch',
      path: '/tenants/{id}',
      access: platformAndSales,
      tag,
      summary: 'Change a tenant',
      description:
        'Sales changes name and tier; limits and attributes (each replaced as a whole) are the platform team’s. A new tier moves nothing: an enterprise tenant in a shared index awaits promotion.',
      params,
      body: z.object({
        name: name.optional(),
        tier: tier.optional(),
        limits: limitsSchema.optional(),
        limitsUntil: limitsUntil.optional(),
        attributes: attributes.optional(),
        was: z
          .object({
            name: name.optional(),
            tier: tier.optional(),
            limits: limitsSchema.optional(),
            limitsUntil: z.iso.datetime({ offset: true }).nullable().optional(),
            attributes: attributes.optional(),
          })
          .optional()
          .describe(
            'Fields as the caller read them. Where one of them is another by now, nothing is changed: 409 `conflict`, which says what it is.',
          ),
      }),
      replies: { 200: { description: 'The tenant as it is now.', schema: tenant } },
      async handle({ principal, params, body: { was = {}, ...change } }) {
        const tenantId = parseTenantId(params.id)
        return { status: 200, json: await changeTenant(deps, principal, tenantId, dated(change), dated(was)) }
      },
    }),
    ...(
      [
        ['suspend', suspendTenant, 'Stop serving a tenant; its data stays'],
        ['resume', resumeTenant, 'Serve a suspended tenant again'],
      ] as const
    ).map(([verb, carryOut, summary]) =>
      route({
        method: 'post',
        path: `/tenants/{id}/${verb}`,
        access: platform,
        tag,
        summary,
        description:
          'Answers once every replica has applied it, or after a second: `everywhereMs` says how long that took. A replica that is cut off applies it when its lease ends (SESSION_LEASE_S).',
        params,
        replies: {
          200: { description: 'The tenant as it is now.', schema: switchedTenant },
          202: { description: 'A second person has to approve it (`APPROVALS`).', schema: approval },
        },
        async handle({ principal, params }) {
          const tenantId = parseTenantId(params.id)
          const asked = verb === 'suspend' ? await askApproval(deps, principal, { verb, tenantId }) : undefined
          if (asked !== undefined) return awaiting(asked)
          return { status: 200, json: await carryOut(deps, principal, tenantId) }
        },
      }),
    ),
    route({
      method: 'get',
      path: '/tenants/{id}/receipt',
      access: anyStaff,
      tag,
      summary: 'Show the deletion receipt of a tenant',
      description:
        'As it was signed; a public key of `GET /audit/state` verifies it. It stays when the id is used again.',
      params,
      replies: { 200: { description: 'The receipt.', schema: deletionReceipt } },
      handle: async ({ params }) => ({ status: 200, json: await showReceipt(deps, parseTenantId(params.id)) }),
    }),
    route({
      method: 'delete',
      path: '/tenants/{id}',
      access: platform,
      tag,
      summary: 'Offboard a tenant',
      description:
        'The service stops serving it at once and deletes its data in the background. When a listing of the store shows that it is gone, `GET /tenants/{id}/receipt` has the signed receipt. A repeat changes nothing.',
      params,
      replies: {
        202: {
          description:
            'The tenant as it is now; or, where a second person has to approve it, the request (`APPROVALS`).',
          schema: z.union([tenant, approval]),
        },
      },
      async handle({ principal, params }) {
        const tenantId = parseTenantId(params.id)
        const asked = await askApproval(deps, principal, { verb: 'offboard', tenantId })
        if (asked !== undefined) return awaiting(asked)
        const json = await offboardTenant(deps, principal, tenantId)
        return { status: 202, json, headers: { Location: `/tenants/${json.id}` } }
      },
    }),
  ]
}

/** Fields with the end of limits as a date. */
function dated<T extends { readonly limitsUntil?: string | null | undefined }>({ limitsUntil: until, ...rest }: T) {
  return until === undefined ? rest : { ...rest, limitsUntil: until === null ? null : new Date(until) }
}
