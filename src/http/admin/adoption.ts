import { z } from 'zod'
import { AppError } from '../../errors.ts'
import type { RecordFields } from '../../placement/record-fields.ts'
import { parseTenantId } from '../../placement/tenant-id.ts'
import { adoptIndex } from '../../tenants/adopt/adopt-index.ts'
import { adoptTenants } from '../../tenants/adopt/adopt-tenants.ts'
import type { Scheme } from '../../tenants/adopt/adoption-plan.ts'
import { sealIndex } from '../../tenants/adopt/seal-index.ts'
import { setFields } from '../../tenants/adopt/set-fields.ts'
import { undoAdoption } from '../../tenants/adopt/undo-adoption.ts'
import type { TenantWork } from '../../tenants/onboard/tenant-work.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import { indexSchema } from './indexes.ts'

const tag = 'adoption'
const platform = { kind: 'staff', roles: ['platform'] } as const
const indexName = z.string().regex(/^[a-z0-9-]{1,45}$/, 'must be the name of an index')
const ofIndex = z.object({ name: indexName })
const project = z.string().max(40).optional().describe('The Pinecone project that has it; without it, the default one.')
const dryRun = z.object({
  dryRun: z.enum(['true', 'false']).default('false').describe('`true`: shows the plan and writes nothing.'),
})
const namespace = z.string().max(512)

/** The name of a metadata field of an app's records. */
export const metadataField = z
  .string()
  .min(1)
  .max(128)
  .regex(/^(?!\$|_tr)[^\p{Cc}]*$/u, 'must be a metadata field, not beginning with $ or _tr')
  .optional()
const fields = z
  .object({
    text: metadataField.describe('The text: without it `text`; `_node_content` for LlamaIndex.'),
    source: metadataField.describe('Without it `source`.'),
    documentId: metadataField.describe('Without it `documentId`.'),
    visibility: metadataField.describe('The list of groups that may see a record: without it `visibility`.'),
  })
  .meta({ id: 'RecordFields' })

const adoption = z
  .object({
    index: z.string(),
    dryRun: z.boolean(),
    adopted: z.int().describe('Tenants that were written.'),
    counts: z.object({ new: z.int(), ours: z.int(), conflict: z.int(), skipped: z.int() }),
    records: z.int().describe('Of the namespaces that become tenants, as the store counts them.'),
    rows: z
      .array(
        z.object({
          namespace: z.string(),
          tenantId: z.string().nullable(),
          records: z.int().nullable(),
          verdict: z.enum(['new', 'ours', 'conflict', 'skipped']),
          reason: z.string().nullable().describe('Why it is skipped or in conflict.'),
          path: z.string().optional().describe('The field of the map that is in conflict, as in `map[3].tenantId`.'),
        }),
      )
      .describe('Conflicts first, then what becomes a tenant, what is skipped and what is ours already.'),
    leftOff: z.int().describe('Rows that the answer has no room for.'),
  })
  .meta({ id: 'Adoption' })

const undone = z
  .object({
    index: z.string(),
    dryRun: z.boolean(),
    undone: z.int(),
    kept: z.array(z.string()).describe('Tenants that something was written to through the router, or that moved.'),
    forgotten: z.boolean().describe('Whether the index is forgotten too, since no tenant of it is left.'),
  })
  .meta({ id: 'UndoneAdoption' })

/** Routes to take over indexes and namespaces that others made; docs/adopting.md. */
export function adoptionRoutes(deps: Pick<TenantWork, 'db' | 'stores' | 'settings'>): readonly AnyRoute[] {
  return [
    route({
      method: 'post',
      path: '/indexes/{name}/adopt',
      access: platform,
      tag,
      summary: 'Take over an index that exists',
      description:
        'Its host, dimension, metric and region come from the store, and nothing in it is changed. The router never deletes it. A repeat changes the limit and the fields that it names.',
      params: ofIndex,
      body: z.object({
        kind: z.enum(['pool', 'silo']),
        project,
        model: z
          .string()
          .max(100)
          .optional()
          .describe('The configured embedding model that made its vectors; without it `none`: only apps make them.'),
        namespaceLimit: z.int().min(1).max(10_000_000).optional(),
        fields: fields.optional().describe('Metadata fields of its records, where they are not ours.'),
      }),
      replies: { 200: { description: 'It is adopted.', schema: indexSchema } },
      async handle({ principal, params, body }) {
        return {
          status: 200,
          json: await adoptIndex(deps, principal, {
            ...body,
            name: params.name,
            fields: body.fields && given(body.fields),
          }),
        }
      },
    }),
    route({
      method: 'post',
      path: '/tenants/adopt',
      access: platform,
      tag,
      summary: 'Make namespaces of an adopted index tenants',
      description: [
        'Each namespace becomes the first place of a tenant, under its own name: nothing is copied.',
        'Exactly one of `map` and `pattern`. All are written or none: 409 with the first ten conflicts.',
        'A repeat finds earlier ones as `ours`.',
      ].join(' '),
      query: dryRun,
      bodyLimitBytes: 32 * 1024 * 1024,
      body: z.object({
        index: indexName,
        project,
        map: z
          .array(z.object({ namespace, tenantId: z.string().max(512) }))
          .min(1)
          .max(100_000)
          .optional(),
        pattern: z.string().max(512).optional().describe('A namespace’s name with `{id}` once, as in `tenant_{id}`.'),
      }),
      replies: { 200: { description: 'The plan, carried out unless it was a dry run.', schema: adoption } },
      async handle({ principal, query, body: { map, pattern, ...rest } }) {
        const scheme = schemeOf(map, pattern)
        const json = await adoptTenants(deps, principal, { ...rest, scheme, dryRun: query.dryRun === 'true' })
        return { status: 200, json }
      },
    }),
    route({
      method: 'post',
      path: '/indexes/{name}/seal',
      access: platform,
      tag,
      summary: 'State that only routers write to an adopted index',
      description: [
        'Moves and offboarding of its tenants are possible once it is sealed. It rests on your statement that no older key can write to it any more.',
        'The store is watched for `watchS` first; one write of somebody else in that time withdraws it. After it, two on one namespace freeze its moves; a repeat of the statement forgets them.',
      ].join(' '),
      params: ofIndex,
      body: z.object({
        project,
        oldKeyRevoked: z.boolean().describe('Must be `true`.'),
        watchS: z
          .int()
          .min(0)
          .max(7 * 86_400)
          .default(600),
      }),
      replies: { 200: { description: 'The statement is taken; `adopted` says how far it is.', schema: indexSchema } },
      async handle({ principal, params, body: { watchS, ...rest } }) {
        const json = await sealIndex(deps, principal, { name: params.name, ...rest, watchMs: watchS * 1000 })
        return { status: 200, json }
      },
    }),
    route({
      method: 'put',
      path: '/tenants/{id}/fields',
      access: platform,
      tag,
      summary: 'Say which metadata fields an adopted tenant’s records have',
      description:
        'Those that are named replace those of its index, and stay with the tenant when it moves; the others stay as they are.',
      params: z.object({ id: z.string() }),
      body: fields,
      replies: { 200: { description: 'All its fields that have other names than ours.', schema: fields } },
      async handle({ principal, params, body }) {
        const input = { tenantId: parseTenantId(params.id), fields: given(body) }
        return { status: 200, json: await setFields(deps, principal, input) }
      },
    }),
    route({
      method: 'delete',
      path: '/indexes/{name}/adopt',
      access: platform,
      tag,
      summary: 'Undo the adoption of an index',
      description:
        'Its tenants that nothing was written to through the router are forgotten, and so is the index once none is left. The store is not touched.',
      params: ofIndex,
      query: dryRun.extend({ project }),
      replies: { 200: { description: 'What was undone, and what stays.', schema: undone } },
      async handle({ principal, params, query }) {
        const input = { index: params.name, project: query.project, dryRun: query.dryRun === 'true' }
        return { status: 200, json: await undoAdoption(deps, principal, input) }
      },
    }),
  ]
}

function schemeOf(map: Extract<Scheme, { map: unknown }>['map'] | undefined, pattern: string | undefined): Scheme {
  if (map !== undefined && pattern === undefined) return { map }
  if (pattern !== undefined && map === undefined) return { pattern }
  const message = 'give exactly one of map and pattern'
  throw new AppError('invalid_request', `map: ${message}`, { faults: [{ path: 'map', message }] })
}

/** The named fields alone. */
function given(body: z.infer<typeof fields>): Partial<RecordFields> {
  return Object.fromEntries(Object.entries(body).filter(([, name]) => name !== undefined))
}
