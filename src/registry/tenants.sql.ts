import { sql } from 'drizzle-orm'
import { check, index, integer, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import type { TenantStatus } from '../placement/phase.ts'
import type { Tier } from '../placement/placement.ts'
import type { TenantId } from '../placement/tenant-id.ts'

/** A customer: who it is and what it may have. Where its vectors live is in `places` and `routing`. */
export const tenants = pgTable(
  'tenants',
  {
    id: text('id').$type<TenantId>().primaryKey(),
    name: text('name').notNull(),
    tier: text('tier').$type<Tier>().notNull(),
    status: text('status').$type<TenantStatus>().notNull(),
    /** Where the tenant's data must stay; null: wherever new indexes are made. */
    region: text('region'),
    limits: jsonb('limits').$type<Record<string, number>>().notNull().default({}),
    /** From then on the tier's limits hold again; null: never. */
    limitsUntil: timestamp('limits_until', { withTimezone: true }),
    attributes: jsonb('attributes').$type<Record<string, string | number | boolean>>().notNull().default({}),
    /** The place asked for at onboarding: an enterprise tenant made by the platform team starts in a silo. */
    initialKind: text('initial_kind').$type<'pool' | 'silo'>().notNull().default('pool'),
    /** The last generation given to a place of this tenant; it only rises. */
    lastGeneration: integer('last_generation').notNull().default(0),
    /** The one its present life began with: an id that was offboarded can be given anew. */
    firstGeneration: integer('first_generation').notNull().default(1),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    check('tenants_id_shape', sql`${t.id} ~ '^[A-Za-z0-9_-]{1,64}$'`),
    check('tenants_tier', sql`${t.tier} in ('standard', 'enterprise')`),
    check('tenants_status', sql`${t.status} in ('provisioning', 'active', 'suspended', 'offboarding', 'offboarded')`),
    check('tenants_initial_kind', sql`${t.initialKind} in ('pool', 'silo')`),
    index('tenants_status_tier').on(t.status, t.tier),
  ],
)
