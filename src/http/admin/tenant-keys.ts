import { z } from 'zod'
import { scopes } from '../../auth/principal.ts'
import { parseTenantId } from '../../placement/tenant-id.ts'
import { createKey } from '../../tenants/keys/create-key.ts'
import { listKeys, showKey } from '../../tenants/keys/list-keys.ts'
import { revokeKey } from '../../tenants/keys/revoke-key.ts'
import { rotateKey } from '../../tenants/keys/rotate-key.ts'
import type { TenantWork } from '../../tenants/onboard/tenant-work.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'

const tag = 'keys'
const platform = { kind: 'staff', roles: ['platform'] } as const
const reading = { kind: 'staff', roles: ['platform', 'auditor'] } as const
const ofTenant = z.object({ id: z.string() })
const ofKey = z.object({ id: z.string(), keyId: z.string().regex(/^[a-z0-9]{16}$/, 'must be the id of a key') })

const yearS = 365 * 86_400
const lifetime = z
  .int()
  .min(60)
  .max(10 * yearS)
  .optional()
const word = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^\p{Cc}]*$/u, 'must have no control characters')

const keyFields = {
  id: z.string().describe('The middle part of the key; no secret.'),
  tenantId: z.string(),
  name: z.string(),
  state: z.enum(['active', 'expired', 'revoked']),
  scopes: z.array(z.string()),
  groups: z.array(z.string()).nullable().describe('Null: as a token without a groups claim.'),
  model: z.string().nullable().describe('The embedding model of its app’s vectors; null: it is bound to none.'),
  createdBy: z.string(),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  revokedAt: z.string().nullable(),
  lastUsedAt: z.string().nullable().describe('Up to a minute late; null: never used.'),
  rotatedFrom: z.string().nullable().describe('The key that a rotation made this one from.'),
}
const key = z.object(keyFields).meta({ id: 'TenantKey' })
const issued = z
  .object({
    key: z.string().describe('`trk_<id>_<secret>`. It is shown this once and stored as a hash.'),
    ...keyFields,
  })
  .meta({ id: 'IssuedTenantKey' })

/** Routes for the keys of tenants' apps that cannot mint tokens. */
export function tenantKeyRoutes(deps: Pick<TenantWork, 'db'>): readonly AnyRoute[] {
  return [
    route({
      method: 'post',
      path: '/tenants/{id}/keys',
      access: platform,
      tag,
      summary: 'Make a key for a tenant’s app',
      description:
        'For apps that cannot mint tokens: sent as `Api-Key`, or as `Authorization: Bearer`. The answer is the only sight of the key, so an `Idempotency-Key` does not bring it back: send the request once.',
      params: ofTenant,
      body: z.object({
        name: word.default('app').describe('What it is for, as lists show it.'),
        scopes: z.array(z.enum(scopes)).min(1).max(scopes.length).default(['rag:read', 'rag:write']),
        groups: z
          .array(word)
          .max(256)
          .optional()
          .describe('The groups of its callers, as a token’s groups claim; left out: as a token without the claim.'),
        model: word
          .optional()
          .describe('The embedding model of its app’s vectors, as the header `X-Embedding-Model` would name it.'),
        expiresInS: lifetime.describe('Seconds until it expires; left out: never.'),
      }),
      replies: { 201: { description: 'The key, shown once.', schema: issued } },
      async handle({ principal, params, body }) {
        const json = await createKey(deps, principal, parseTenantId(params.id), body)
        return { status: 201, json, isSecret: true, headers: { Location: `/tenants/${json.tenantId}/keys/${json.id}` } }
      },
    }),
    route({
      method: 'get',
      path: '/tenants/{id}/keys',
      access: reading,
      tag,
      summary: 'List a tenant’s keys',
      description: 'The newest first, revoked and expired ones among them; never a secret.',
      params: ofTenant,
      replies: {
        200: {
          description: 'All of them, up to 1,000.',
          schema: z.object({ items: z.array(key), nextCursor: z.null() }).meta({ id: 'TenantKeyList' }),
        },
      },
      handle: async ({ params }) => ({
        status: 200,
        json: { items: await listKeys(deps, parseTenantId(params.id)), nextCursor: null },
      }),
    }),
    route({
      method: 'get',
      path: '/tenants/{id}/keys/{keyId}',
      access: reading,
      tag,
      summary: 'Show a key',
      params: ofKey,
      replies: { 200: { description: 'The key, without its secret.', schema: key } },
      handle: async ({ params }) => ({
        status: 200,
        json: await showKey(deps, parseTenantId(params.id), params.keyId),
      }),
    }),
    route({
      method: 'post',
      path: '/tenants/{id}/keys/{keyId}/rotate',
      access: platform,
      tag,
      summary: 'Replace a key',
      description: 'Makes a key with the same scopes and groups. The old one goes on working for the overlap.',
      params: ofKey,
      body: z.object({
        overlapS: z
          .int()
          .min(0)
          .max(yearS)
          .default(86_400)
          .describe('Seconds for which the old key still works; default a day.'),
        expiresInS: lifetime.describe('Lifetime of the new key; left out: as long as the old one was given.'),
      }),
      replies: { 201: { description: 'The new key, shown once.', schema: issued } },
      async handle({ principal, params, body }) {
        const json = await rotateKey(deps, principal, parseTenantId(params.id), { keyId: params.keyId, ...body })
        return { status: 201, json, isSecret: true, headers: { Location: `/tenants/${json.tenantId}/keys/${json.id}` } }
      },
    }),
    route({
      method: 'delete',
      path: '/tenants/{id}/keys/{keyId}',
      access: platform,
      tag,
      summary: 'Revoke a key',
      description: 'Every replica refuses it within a second, as with a suspension. A repeat changes nothing.',
      params: ofKey,
      replies: { 200: { description: 'The key as it is now.', schema: key } },
      handle: async ({ principal, params }) => ({
        status: 200,
        json: await revokeKey(deps, principal, parseTenantId(params.id), params.keyId),
      }),
    }),
  ]
}
