import { sql } from 'drizzle-orm'
import { check, index, integer, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import type { Held, TenantStatus } from '../placement/phase.ts'
import type { Tier } from '../placement/placement.ts'
import type { RecordFields } from '../placement/record-fields.ts'
import type { TenantId } from '../placement/tenant-id.ts'

/**
 * A customer and its entitlements. `places` and `routing` hold the location of its vectors.
 *
 * Postgres keeps one more column, `searched`: the id, the name and the attributes in lower case, for searches in the
 * list. It is not named here, so that no statement reads it along; nor is its index of trigrams, `tenants_searched`, which
 * a Postgres without `pg_trgm` lacks.
 */
export const tenants = pgTable(
  'tenants',
  {
    id: text('id').$type<TenantId>().primaryKey(),
    name: text('name').notNull(),
    tier: text('tier').$type<Tier>().notNull(),
    /** When it was tagged with its tier. */
    tierSince: timestamp('tier_since', { withTimezone: true }).notNull().defaultNow(),
    status: text('status').$type<TenantStatus>().notNull(),
    /** The region that the tenant's data must stay in; null: the default region of new indexes. */
    region: text('region'),
    limits: jsonb('limits').$type<Record<string, number>>().notNull().default({}),
    /** Time from which the tier's limits apply again; null: never. */
    limitsUntil: timestamp('limits_until', { withTimezone: true }),
    attributes: jsonb('attributes').$type<Record<string, string | number | boolean>>().notNull().default({}),
    /** The place requested at onboarding: an enterprise tenant created by the platform team starts in a silo. */
    initialKind: text('initial_kind').$type<'pool' | 'silo'>().notNull().default('pool'),
    /** The last generation assigned to a place of this tenant; it only rises. */
    lastGeneration: integer('last_generation').notNull().default(0),
    /** The first generation of its present life: an offboarded id may be reused. */
    firstGeneration: integer('first_generation').notNull().default(1),
    /** The name of its first namespace, if it was adopted with it; null: it was onboarded here. */
    adoptedNamespace: text('adopted_namespace'),
    /** Metadata fields of an adopted tenant's records, in place of those of its index. */
    fields: jsonb('fields').$type<Partial<RecordFields>>(),
    /** The first write of an adopted tenant through the router, after which the adoption can't be undone. */
    firstWriteAt: timestamp('first_write_at', { withTimezone: true }),
    /** Set while the tenant is held after a restore of the registry. */
    held: jsonb('held').$type<Held>(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    check('tenants_id_shape', sql`${t.id} ~ '^[A-Za-z0-9_-]{1,64}$'`),
    check('tenants_tier', sql`${t.tier} in ('standard', 'enterprise')`),
    check(
      'tenants_status',
      sql`${t.status} in ('provisioning', 'active', 'suspended', 'held', 'offboarding', 'offboarded')`,
    ),
    check('tenants_held', sql`(${t.status} = 'held') = (${t.held} is not null)`),
    check('tenants_initial_kind', sql`${t.initialKind} in ('pool', 'silo')`),
    index('tenants_status_tier').on(t.status, t.tier),
    // The list by id, narrowed by a chip of the console.
    index('tenants_tier_id').on(t.tier, t.id),
    index('tenants_status_id').on(t.status, t.id),
    index('tenants_crm_id').on(sql`(${t.attributes} ->> 'crmId')`),
  ],
)
