import { z } from 'zod'
import { limitNames } from '../../limits/quotas.ts'
import { moveStates } from '../../moves/state/move-state.ts'
import { heldVerdicts } from '../../placement/phase.ts'
import { isReadable } from '../../tenants/readable-text.ts'
import { kind as moveKind } from './move-fields.ts'

/** Fields and answers of the tenant routes. */
export const tier = z.enum(['standard', 'enterprise'])
export const status = z.enum(['provisioning', 'active', 'suspended', 'held', 'offboarding', 'offboarded'])

const readable = (text: z.ZodString) =>
  text.refine(isReadable, 'contains a control character (such as a line break); leave it out')

export const name = readable(z.string().trim().min(1).max(200))
export const limitsSchema = z
  .record(readable(z.string().min(1).max(64)), z.number().min(0))
  .refine((value) => Object.keys(value).length <= 50, 'has more than 50 entries')
  .describe(
    `Instead of its tier’s: ${limitNames.map((limit) => `\`${limit}\``).join(', ')}. Other names have no effect.`,
  )
export const limitsUntil = z.iso
  .datetime({ offset: true })
  .refine((value) => Date.parse(value) > Date.now(), 'must be in the future')
  .nullable()
  .describe('When `limits` end and those of the tier apply again. Null, or new limits without it: never.')
export const attributes = z
  .record(readable(z.string().min(1).max(64)), z.union([readable(z.string().max(500)), z.number(), z.boolean()]))
  .refine((value) => Object.keys(value).length <= 50, 'has more than 50 entries')

const kind = z.enum(['pool', 'silo'])
const placement = z.object({ kind, index: z.string(), generation: z.int() }).nullable()
const move = z.object({ id: z.uuid(), kind: moveKind, state: z.enum(moveStates) }).nullable()

export const inTheWay = z
  .object({
    move: z.uuid(),
    kind: moveKind,
    state: z.enum(moveStates),
    until: z.string().nullable().describe('When it ends automatically; null: nobody knows.'),
    words: z.string().describe('Which move it is, until when, and what to do.'),
  })
  .nullable()
  .describe('While the tenant awaits promotion: the open move that has to end before.')

const deletedPlace = z.object({
  kind,
  index: z.string(),
  generation: z.int(),
  records: z.int().nullable().describe('Null: it was already gone.'),
})

const kept = { deletedAt: z.string(), places: z.array(deletedPlace), documents: z.int() }

const rechecks = z
  .array(
    z.object({
      at: z.string(),
      found: z.array(z.string()).describe('What was there all the same, and deleted again; empty: nothing.'),
    }),
  )
  .describe('Looks after the deletion: a day later, and after a restore of the registry.')

const deletion = z.object({
  tenantId: z.string(),
  life: z.int().describe('First generation of the life that ended: an id may be used again.'),
  requestedBy: z.string(),
  requestedAt: z.string(),
  version: z.string(),
  stores: z
    .array(z.object({ store: z.string(), before: z.int().nullable(), after: z.int() }))
    .describe('What there was of the tenant when nobody wrote any more, and after the deletion.'),
  proof: z.array(z.string()).describe('How it was found out that nothing is left.'),
  notCovered: z.array(z.object({ what: z.string(), until: z.string() })),
})

const signature = {
  hash: z.string().optional().describe('SHA-256 of the receipt’s canonical JSON.'),
  keyId: z.string().nullable().optional().describe('Null: the deployment has no signing key.'),
  signature: z.string().nullable().optional(),
  rechecks: rechecks.optional(),
}

export const deletionReceipt = z
  .object({
    receipt: deletion.extend(kept),
    hash: z.string(),
    keyId: z.string().nullable(),
    signature: z.string().nullable().describe('Ed25519, base64, over the canonical JSON of `{statement, receipt}`.'),
    rechecks,
    recheckAt: z.string().nullable().describe('When the next look is due.'),
  })
  .meta({ id: 'DeletionReceipt' })

export const tenant = z
  .object({
    id: z.string(),
    name: z.string(),
    tier,
    status,
    region: z.string().nullable(),
    limits: z.record(z.string(), z.number()).describe('Its own, instead of its tier’s.'),
    limitsUntil: z
      .string()
      .nullable()
      .describe('When they end; null: never. `/tenants/{id}/limits` shows the limits in force.'),
    attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    awaitingPromotion: z.boolean().describe('Enterprise, in a shared index, and no open promote brings it out of it.'),
    awaitingSince: z.string().nullable().describe('When it was tagged, while it awaits promotion.'),
    inTheWay,
    placement: placement.describe('Null until there is one, and when it is gone.'),
    move: move.describe('The move that is under way.'),
    held: z
      .object({
        was: status.nullable().describe('Its status before; null: the registry did not know it.'),
        verdict: z.enum(heldVerdicts),
        generation: z.int().optional().describe('The place that the store suggests.'),
      })
      .nullable()
      .describe('After a restore of the registry: why the tenant is not served.'),
    createdAt: z.string(),
    updatedAt: z.string(),
    deletionReceipt: deletion
      .partial()
      .extend({ ...kept, ...signature })
      .optional()
      .describe('For an offboarded tenant: what was deleted, once the store showed that it is gone.'),
  })
  .meta({ id: 'Tenant' })

export const switchedTenant = tenant
  .extend({
    everywhereMs: z
      .int()
      .nullable()
      .describe('Milliseconds until every replica had applied it; null: some had not within a second.'),
  })
  .meta({ id: 'SwitchedTenant' })

const limit = z.object({
  name: z.enum(['namespaces_in_index', 'indexes_in_project']),
  used: z.int(),
  limit: z.int(),
  share: z.number(),
})

export const tenantRoute = z
  .object({
    tenantId: z.string(),
    tier,
    status,
    awaitingPromotion: z.boolean(),
    inTheWay,
    placement,
    move,
    project: z.string().nullable(),
    phase: z.string().nullable(),
    epoch: z.int().nullable(),
    why: z.string().describe('The reason for the tenant’s place, in words.'),
    limits: z.array(limit),
    nearestLimit: limit,
  })
  .meta({ id: 'TenantRoute' })
