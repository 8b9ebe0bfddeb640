import { sql } from 'drizzle-orm'
import { bigint, date, doublePrecision, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'
import type { TenantId } from '../../placement/tenant-id.ts'
import { tenants } from '../tenants.sql.ts'

/** Requests and tokens of a tenant on a UTC day, reported by replicas once a minute: a crash loses up to a minute. */
export const tenantRequests = pgTable(
  'tenant_requests',
  {
    tenantId: text('tenant_id').$type<TenantId>().notNull(),
    day: date('day', { mode: 'string' }).notNull(),
    requests: bigint('requests', { mode: 'number' }).notNull(),
    embeddingTokens: bigint('embedding_tokens', { mode: 'number' }).notNull().default(0),
    answerTokens: bigint('answer_tokens', { mode: 'number' }).notNull().default(0),
    /** Those of them that the model wrote, which cost more than those that it read. */
    answerOutputTokens: bigint('answer_output_tokens', { mode: 'number' }).notNull().default(0),
    /** Requests that failed or were refused, with a status from 400 on. */
    errors: bigint('errors', { mode: 'number' }).notNull().default(0),
    /** Requests that the result cache answered. */
    cacheHits: bigint('cache_hits', { mode: 'number' }).notNull().default(0),
    /** The vendor's units; those of queries come back with them, others are counted by the vendor's rules. */
    readUnits: doublePrecision('read_units').notNull().default(0),
    writeUnits: doublePrecision('write_units').notNull().default(0),
    egressBytes: bigint('egress_bytes', { mode: 'number' }).notNull().default(0),
    writtenRecords: bigint('written_records', { mode: 'number' }).notNull().default(0),
    writtenBytes: bigint('written_bytes', { mode: 'number' }).notNull().default(0),
    /** Requests with vectors that name no embedding model. */
    unnamedVectors: bigint('unnamed_vectors', { mode: 'number' }).notNull().default(0),
    /** Served requests by latency, one number a bound of `latencyBoundsMs`, and one for those beyond. */
    latency: integer('latency').array().notNull().default(sql`'{}'`),
    /** Records at the store's last count on that day; null: it was not counted. */
    records: bigint('records', { mode: 'number' }),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.day] })],
)

/** A tenant's records at the store's last count. */
export const tenantSizes = pgTable('tenant_sizes', {
  tenantId: text('tenant_id')
    .$type<TenantId>()
    .primaryKey()
    .references(() => tenants.id, { onDelete: 'cascade' }),
  records: integer('records').notNull(),
  measuredAt: timestamp('measured_at', { withTimezone: true }).notNull().defaultNow(),
})
