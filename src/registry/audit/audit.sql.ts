import { sql } from 'drizzle-orm'
import { bigint, index, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import type { TenantId } from '../../placement/tenant-id.ts'

/** Actions on tenants with their actor; appended in the action's own transaction, never changed. */
export const audit = pgTable(
  'audit',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    /** In whole milliseconds, so that the hash covers all of it. */
    at: timestamp('at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    /** The staff token's subject, or `system`. */
    actor: text('actor').notNull(),
    /** The roles of the actor's token. */
    roles: text('roles').array().notNull().default(sql`'{}'`),
    /** Address of the connection. */
    address: text('address'),
    /** Id of the key that signed the actor's token. */
    keyId: text('key_id'),
    requestId: text('request_id'),
    /** `tenant.create`, `tenant.tag`, `move.start`, … */
    action: text('action').notNull(),
    tenantId: text('tenant_id').$type<TenantId>(),
    detail: jsonb('detail').$type<Record<string, unknown>>().notNull().default({}),
    /** The changed fields before and after; null where the action changes none. */
    before: jsonb('before').$type<Record<string, unknown>>(),
    after: jsonb('after').$type<Record<string, unknown>>(),
    /** Why, in the actor's own words. */
    note: text('note'),
    /** Its place in the chain, from 1 without a gap; null until the next round of `chainAudit`. */
    position: bigint('position', { mode: 'number' }).unique('audit_position'),
    /** SHA-256, hex, over the row before and this one. */
    hash: text('hash'),
  },
  (t) => [index('audit_tenant').on(t.tenantId, t.id), index('audit_unchained').on(t.id).where(sql`position is null`)],
)

/** Signatures over the chain up to a position. */
export const auditCheckpoints = pgTable('audit_checkpoints', {
  position: bigint('position', { mode: 'number' }).primaryKey(),
  hash: text('hash').notNull(),
  at: timestamp('at', { withTimezone: true, precision: 3 }).notNull(),
  keyId: text('key_id').notNull(),
  signature: text('signature').notNull(),
})

/** Public keys of all signing keys that the deployment ever had: they verify what was signed. */
export const signingKeys = pgTable('signing_keys', {
  id: text('id').primaryKey(),
  publicKey: text('public_key').notNull(),
  since: timestamp('since', { withTimezone: true }).notNull().defaultNow(),
})
