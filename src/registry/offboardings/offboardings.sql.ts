import { bigint, boolean, index, integer, jsonb, pgTable, text, timestamp, unique } from 'drizzle-orm/pg-core'
import type { SignedDeletionReceipt } from '../../evidence/deletion-receipt.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { tenants } from '../tenants.sql.ts'

/** The deletion of one life of a tenant: an offboarded id may be used again. */
export const offboardings = pgTable(
  'offboardings',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    tenantId: text('tenant_id')
      .$type<TenantId>()
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    /** The first generation of that life. */
    life: integer('life').notNull(),
    requestedBy: text('requested_by').notNull(),
    requestedAt: timestamp('requested_at', { withTimezone: true }).notNull().defaultNow(),
    /** Set for a tenant that an import made and that is taken back: one with content stays. */
    onlyIfUnused: boolean('only_if_unused').notNull().default(false),
    /** Counts by store when nobody wrote any more; made once, so that a crash does not lose them. */
    before: jsonb('before').$type<Readonly<Record<string, number>>>(),
    /** Deleted places by their ids: a crash between two of them keeps what was counted. */
    places: jsonb('places').$type<Readonly<Record<string, DeletedPlaceRow>>>().notNull().default({}),
    receipt: jsonb('receipt').$type<SignedDeletionReceipt>(),
    /** When the sweep looks again whether all is gone. */
    recheckAt: timestamp('recheck_at', { withTimezone: true }),
    rechecks: jsonb('rechecks').$type<readonly Recheck[]>().notNull().default([]),
  },
  (t) => [unique('offboardings_life').on(t.tenantId, t.life), index('offboardings_recheck').on(t.recheckAt)],
)

export interface DeletedPlaceRow {
  readonly kind: 'pool' | 'silo'
  readonly index: string
  readonly generation: number
  /** Null: it was already gone. */
  readonly records: number | null
  /** The operator made the index, and only the tenant's namespace in it is deleted. */
  readonly isAdopted: boolean
}

/** A look after the deletion. */
export interface Recheck {
  readonly at: string
  /** Names of what was found again and deleted; empty: nothing. */
  readonly found: readonly string[]
}
