import { sql } from 'drizzle-orm'
import { check, index, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import type { TenantId } from '../../placement/tenant-id.ts'
import { tenants } from '../tenants.sql.ts'

/** Keys of tenants' apps, for those that cannot mint tokens. A key belongs to one tenant for good. */
export const tenantApiKeys = pgTable(
  'tenant_keys',
  {
    /** The middle part of `trk_<id>_<secret>`; it is no secret. */
    id: text('id').primaryKey(),
    tenantId: text('tenant_id')
      .$type<TenantId>()
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    /** SHA-256 of the secret, in hex. The secret is 256 random bits, so a slow hash would add nothing. */
    secretHash: text('secret_hash').notNull(),
    scopes: text('scopes').array().notNull(),
    /** Null: as a token without a groups claim. */
    groups: text('groups').array(),
    /** The embedding model of its app's vectors; null: it is bound to none. */
    model: text('model'),
    createdBy: text('created_by').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    /** Null: never. */
    expiresAt: timestamp('expires_at', { withTimezone: true }),
    revokedAt: timestamp('revoked_at', { withTimezone: true }),
    /** Up to a minute late; null: never used. */
    lastUsedAt: timestamp('last_used_at', { withTimezone: true }),
    /** The key that a rotation made this one from. */
    rotatedFrom: text('rotated_from'),
  },
  (t) => [
    index('tenant_keys_tenant').on(t.tenantId, t.createdAt),
    check('tenant_keys_id_shape', sql`${t.id} ~ '^[a-z0-9]{16}$'`),
  ],
)
