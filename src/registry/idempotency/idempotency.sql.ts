import { index, integer, jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** Requests with an `Idempotency-Key`, under way or answered. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    /** The key's owner: a tenant's id, or `staff/` and the subject, which no tenant's id contains. */
    owner: text('owner').notNull(),
    /** Method and path, as the route declares them. */
    route: text('route').notNull(),
    key: text('key').notNull(),
    /** Hash of the request: the same key with a different request is refused. */
    fingerprint: text('fingerprint').notNull(),
    /** The holder that serves the first request; after `claimed_until` it counts as dead. */
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
