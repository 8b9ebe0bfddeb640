import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  integer,
  jsonb,
  pgTable,
  text,
  timestamp,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import type { PlaceKind } from '../placement/placement.ts'
import type { RecordFields } from '../placement/record-fields.ts'
import type { TenantId } from '../placement/tenant-id.ts'

export type IndexState = 'creating' | 'ready' | 'deleting' | 'deleted'

/** An index in a Pinecone project: a shard of the pool, or a tenant's silo. */
export const indexes = pgTable(
  'indexes',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    project: text('project').notNull(),
    name: text('name').notNull(),
    kind: text('kind').$type<PlaceKind>().notNull(),
    /** Shards are numbered from 1; a silo and an adopted index have none. */
    ordinal: integer('ordinal'),
    /** A silo's tenant; null for a shard, and for an adopted silo until its tenant is adopted. */
    tenantId: text('tenant_id').$type<TenantId>(),
    /** The data plane's address, known once the index is ready. */
    host: text('host'),
    cloud: text('cloud').notNull(),
    region: text('region').notNull(),
    embeddingModel: text('embedding_model').notNull(),
    dimension: integer('dimension').notNull(),
    metric: text('metric').$type<'cosine' | 'dotproduct' | 'euclidean'>().notNull(),
    namespaceLimit: integer('namespace_limit').notNull(),
    namespacesUsed: integer('namespaces_used').notNull().default(0),
    /** Set when the store refused a namespace before the limit was reached. */
    full: boolean('is_full').notNull().default(false),
    /** Set while its tenants are moved out of it: it takes no new ones, even when it has capacity. */
    draining: boolean('draining').notNull().default(false),
    state: text('state').$type<IndexState>().notNull(),
    /** While `creating`: the replica that makes it is presumed alive until then. */
    creatorLeaseUntil: timestamp('creator_lease_until', { withTimezone: true }),
    /** When an index that others made was taken over; null: it was made here. */
    adoptedAt: timestamp('adopted_at', { withTimezone: true }),
    /** Metadata fields of an adopted index's records, where they are not ours. */
    fields: jsonb('fields').$type<Partial<RecordFields>>().notNull().default({}),
    /** When its operator's word was taken that no older key writes to it any more; null while one may. */
    sealedAt: timestamp('sealed_at', { withTimezone: true }),
    /** While the statement that it is sealed is tried: until when the store is watched for others' writes. */
    sealUntil: timestamp('seal_until', { withTimezone: true }),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    unique('indexes_project_name').on(t.project, t.name),
    uniqueIndex('indexes_one_shard_an_ordinal').on(t.project, t.ordinal).where(sql`kind = 'pool'`),
    check('indexes_state', sql`${t.state} in ('creating', 'ready', 'deleting', 'deleted')`),
    check(
      'indexes_kind',
      sql`(${t.kind} = 'pool' and ${t.tenantId} is null and (${t.ordinal} is not null or ${t.adoptedAt} is not null)) or (${t.kind} = 'silo' and ${t.ordinal} is null and (${t.tenantId} is not null or ${t.adoptedAt} is not null))`,
    ),
    check('indexes_within_limit', sql`${t.namespacesUsed} between 0 and ${t.namespaceLimit}`),
    check('indexes_ready_has_host', sql`${t.state} <> 'ready' or ${t.host} is not null`),
  ],
)
