import { z } from 'zod'
import { parseTenantId } from '../../placement/tenant-id.ts'
import {
  listFindings,
  listReconciliations,
  showReconciliation,
  startReconciliation,
} from '../../reconcile/reconciliations.ts'
import { type AcceptDeps, acceptTenant } from '../../reconcile/restore/accept-tenant.ts'
import { findingKinds, fixStates } from '../../reconcile/state/finding.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import { tenant } from './tenant-fields.ts'

const tag = 'reconciliations'
const reading = { kind: 'staff', roles: ['platform', 'auditor'] } as const
const ofRun = z.object({ id: z.uuid() })
const cursor = z.string().max(1_000).optional().describe('`nextCursor` of the previous page.')

const reconciliation = z
  .object({
    id: z.uuid(),
    state: z.enum(['running', 'done', 'failed']),
    fix: z.boolean(),
    fromStore: z.boolean(),
    createdBy: z.string().describe('The staff token’s subject; `system` for one by schedule.'),
    progress: z.object({
      indexes: z.int().describe('Looked at so far.'),
      unseen: z
        .array(z.object({ part: z.string(), reason: z.string() }))
        .describe('Projects and indexes that did not answer: nothing is known of them.'),
      namespaces: z.int(),
      tenants: z.int().describe('Whose documents were compared with their chunks.'),
      tenantsLeft: z.int().describe('Tenants that wrote or moved meanwhile; a later run compares them.'),
      unlisted: z.int().describe('Findings beyond 10,000 of a kind, which are not listed.'),
    }),
    findings: z.record(z.string(), z.int()).describe('How many, by kind.'),
    problems: z.int().describe('Findings without others’ indexes and namespaces.'),
    fixed: z.int(),
    fault: z.string().nullable(),
    createdAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Reconciliation' })

const finding = z
  .object({
    kind: z.enum(findingKinds),
    project: z.string(),
    index: z.string(),
    namespace: z.string().nullable(),
    tenantId: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()).describe('Numbers and names of this kind.'),
    firstSeenAt: z.iso.datetime(),
    looks: z.int().describe('Runs that saw it one after the other.'),
    fix: z
      .enum(fixStates)
      .describe('`waiting`: seen too lately or by one run alone; `due`: the next run with `fix` settles it.'),
    fixNote: z.string().nullable().describe('What was done, or why not.'),
    advice: z.string(),
  })
  .meta({ id: 'Finding' })

/** Routes to compare the registry with the store; docs/runbook.md, "The registry against the store". */
export function reconciliationRoutes(deps: AcceptDeps): readonly AnyRoute[] {
  return [
    route({
      method: 'post',
      path: '/tenants/{id}/accept',
      access: { kind: 'staff', roles: ['platform'] },
      tag,
      summary: 'Say where a tenant is after a restore of the registry',
      description:
        'Ends its hold. Without `generation`, the place that the store suggests. Its other places are kept as long as those of moves, then deleted. With `offboard` the tenant is deleted, with all that the store has of it.',
      params: z.object({ id: z.string() }),
      body: z.object({ generation: z.int().min(1).optional(), offboard: z.boolean().optional() }),
      replies: { 200: { description: 'The tenant as it is now.', schema: tenant } },
      async handle({ principal, params, body }) {
        return { status: 200, json: await acceptTenant(deps, principal, parseTenantId(params.id), body) }
      },
    }),
    route({
      method: 'post',
      path: '/reconciliations',
      access: { kind: 'staff', roles: ['platform'] },
      tag,
      summary: 'Compare the registry with the store',
      description: [
        'Some replica does it in the background, one at a time. While one of the same kind is under way, that one is the answer.',
        'With `fix` it also settles what is provably safe, and was seen by two runs at least RECONCILE_GRACE_H apart.',
      ].join(' '),
      body: z.object({
        fix: z.boolean().default(false),
        fromStore: z.boolean().default(false).describe('After a restore of the registry: finds out where tenants are.'),
      }),
      replies: { 202: { description: 'It has begun.', schema: reconciliation } },
      async handle({ principal, body }) {
        const json = await startReconciliation(deps, principal, body)
        return { status: 202, json, headers: { Location: `/reconciliations/${json.id}` } }
      },
    }),
    route({
      method: 'get',
      path: '/reconciliations',
      access: reading,
      tag,
      summary: 'List comparisons of the registry with the store',
      description: 'Newest first; the last 60 are kept.',
      query: z.object({ limit: z.coerce.number().int().min(1).max(100).default(20), cursor }),
      replies: {
        200: {
          description: 'A page; `nextCursor` is null on the last one.',
          schema: z
            .object({ items: z.array(reconciliation), nextCursor: z.string().nullable() })
            .meta({ id: 'ReconciliationList' }),
        },
      },
      handle: async ({ query }) => ({ status: 200, json: await listReconciliations(deps, query) }),
    }),
    route({
      method: 'get',
      path: '/reconciliations/{id}',
      access: reading,
      tag,
      summary: 'Show a comparison',
      params: ofRun,
      replies: { 200: { description: 'Its progress, and what it found.', schema: reconciliation } },
      handle: async ({ params }) => ({ status: 200, json: await showReconciliation(deps, params.id) }),
    }),
    route({
      method: 'get',
      path: '/reconciliations/{id}/findings',
      access: reading,
      tag,
      summary: 'List what a comparison found',
      params: ofRun,
      query: z.object({
        kind: z.enum(findingKinds).optional(),
        fix: z.enum(fixStates).optional(),
        limit: z.coerce.number().int().min(1).max(1_000).default(100),
        cursor,
      }),
      replies: {
        200: {
          description: 'A page; `nextCursor` is null on the last one.',
          schema: z.object({ items: z.array(finding), nextCursor: z.string().nullable() }).meta({ id: 'FindingList' }),
        },
      },
      handle: async ({ params, query }) => ({ status: 200, json: await listFindings(deps, params.id, query) }),
    }),
  ]
}
