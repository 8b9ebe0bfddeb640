import { z } from 'zod'
import { parseTenantId } from '../../placement/tenant-id.ts'
import { listAudit } from '../../tenants/list-audit.ts'
import { listChain, listCheckpoints, showChain } from '../../tenants/list-chain.ts'
import type { TenantWork } from '../../tenants/onboard/tenant-work.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import { pageFields } from './page-fields.ts'

const fields = z.record(z.string(), z.unknown())

const entry = {
  id: z.int(),
  at: z.string(),
  actor: z.string().describe('The staff token’s subject, or `system`.'),
  roles: z.array(z.string()).describe('The roles of that token.'),
  address: z.string().nullable().describe('Address of the connection; behind a proxy, the proxy’s.'),
  keyId: z.string().nullable().describe('Id of the key that signed the token.'),
  requestId: z.string().nullable(),
  action: z.string(),
  tenantId: z.string().nullable(),
  detail: fields,
  before: fields.nullable().describe('The changed fields before.'),
  after: fields.nullable().describe('The changed fields after.'),
  note: z.string().nullable().describe('Why, as `X-Change-Note` said.'),
}
const deed = z
  .object({
    ...entry,
    position: z.int().nullable().describe('Place in the chain, from 1; null for the second until it has one.'),
    hash: z.string().nullable().describe('SHA-256 over the row before and this one.'),
  })
  .meta({ id: 'Deed' })
const chained = z.object({ ...entry, position: z.int(), hash: z.string() }).meta({ id: 'ChainedDeed' })
const checkpoint = z
  .object({
    position: z.int(),
    hash: z.string(),
    at: z.string(),
    keyId: z.string(),
    signature: z.string().describe('Ed25519, base64, over the canonical JSON of position, hash and time.'),
  })
  .meta({ id: 'Checkpoint' })
const state = z
  .object({
    rows: z.int().describe('Position of the last chained row; 0: none.'),
    signedTo: z.int().describe('Position of the last signed row; 0: none.'),
    unchained: z.int().describe('Rows that have no place in the chain yet.'),
    unchainedSince: z.string().nullable().describe('More than a few seconds ago: no replica chains.'),
    keys: z.array(z.object({ id: z.string(), publicKey: z.string(), since: z.string() })),
  })
  .meta({ id: 'AuditChainState' })

const access = { kind: 'staff', roles: ['platform', 'auditor'] } as const
const paging = {
  limit: z.coerce.number().int().min(1).max(1_000).default(200),
  cursor: z.string().max(1_000).optional().describe('`nextCursor` of the previous page.'),
}

/** Routes for the audit trail. */
export function auditRoutes(deps: Pick<TenantWork, 'db'>): readonly AnyRoute[] {
  return [
    route({
      method: 'get',
      path: '/audit',
      access,
      tag: 'audit',
      summary: 'List what was done',
      description: 'Newest first.',
      query: z.object({
        tenantId: z.string().optional(),
        actor: z.string().max(200).optional(),
        action: z.string().max(100).optional().describe('As in `tenant.create`; `tenant.` selects the whole group.'),
        ...pageFields(50),
      }),
      replies: {
        200: {
          description: 'A page; `nextCursor` is null on the last one.',
          schema: z.object({ items: z.array(deed), nextCursor: z.string().nullable() }).meta({ id: 'DeedList' }),
        },
      },
      async handle({ query }) {
        const tenantId = query.tenantId === undefined ? undefined : parseTenantId(query.tenantId, 'tenantId')
        return { status: 200, json: await listAudit(deps, { ...query, tenantId }) }
      },
    }),
    route({
      method: 'get',
      path: '/audit/chain',
      access,
      tag: 'audit',
      summary: 'Read the audit as it is chained',
      description: 'Oldest first. `tenant-router audit verify` checks each row’s hash against the row before.',
      query: z.object(paging),
      replies: {
        200: {
          description: 'A page; `nextCursor` is null on the last one.',
          schema: z.object({ items: z.array(chained), nextCursor: z.string().nullable() }).meta({ id: 'AuditChain' }),
        },
      },
      handle: async ({ query }) => ({ status: 200, json: await listChain(deps, query) }),
    }),
    route({
      method: 'get',
      path: '/audit/checkpoints',
      access,
      tag: 'audit',
      summary: 'Read the signatures over the audit',
      description: 'Oldest first. Each one covers all rows up to its position.',
      query: z.object(paging),
      replies: {
        200: {
          description: 'A page; `nextCursor` is null on the last one.',
          schema: z
            .object({ items: z.array(checkpoint), nextCursor: z.string().nullable() })
            .meta({ id: 'CheckpointList' }),
        },
      },
      handle: async ({ query }) => ({ status: 200, json: await listCheckpoints(deps, query) }),
    }),
    route({
      method: 'get',
      path: '/audit/state',
      access,
      tag: 'audit',
      summary: 'Show how far the audit is chained and signed',
      description: 'With the public keys of every signing key that the deployment has had.',
      replies: { 200: { description: 'The state.', schema: state } },
      handle: async () => ({ status: 200, json: await showChain(deps) }),
    }),
  ]
}
