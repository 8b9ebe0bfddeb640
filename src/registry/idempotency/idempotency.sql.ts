import { index, integer, jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** Requests with an `Idempotency-Key`, under way or answered. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    /** Whose key it is: a tenant's id, or `staff/` and the subject, which is no tenant's id. */
    owner: text('owner').notNull(),
    /** Method and path as the route has it. */
    route: text('route').notNull(),
    key: text('key').notNull(),
    /** Of the request: the same key with another one is refused. */
    fingerprint: text('fingerprint').notNull(),
    /** Who serves the first request; after `claimed_until` it is taken for dead. */
    claim: uuid('claim').notNull(),
    claimedUntil: timestamp('claimed_until', { withTimezone: true }).notNull(),
    /** Null until there is an answer. */
    status: integer('status'),
    headers: jsonb('headers').$type<Record<string, string>>(),
    body: text('body'),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.owner, t.route, t.key] }), index('idempotency_keys_expires_at').on(t.expiresAt)],
)
