import { type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { isCustomer } from '../../registry/is-customer.ts'

/** Progress of a batch. */
interface BatchProgress {
  /** Tokens embedded by its moves that began within 24 hours, or copy yet. */
  readonly tokensUsed: number
  /** Moves that may still embed: neither switched nor resting for a person. */
  readonly working: number
  /** Tenants without a move. */
  readonly left: number
  readonly open: number
  readonly moved: number
  readonly undone: number
}

/** The progress of each of these batches, counted in one statement. */
export async function readProgress(tx: Tx, batchIds: readonly string[]): Promise<ReadonlyMap<string, BatchProgress>> {
  if (batchIds.length === 0) return new Map()
  const rows = await tx.execute<{ id: string; tokens: string } & Omit<BatchProgress, 'tokensUsed'>>(sql`
    select b.id, made.*, (select count(*)::int from (${candidates}) as candidates) as left
    from index_reembeds b cross join lateral (
      select coalesce(sum(embedded_tokens) filter (where created_at > now() - interval '24 hours' or switched_at is null and ended_at is null), 0) as tokens,
        (count(*) filter (where ended_at is null and switched_at is null and state <> 'paused'))::int as working,
        (count(*) filter (where ended_at is null and switched_at is null))::int as open,
        (count(*) filter (where switched_at is not null and state <> 'rolled_back'))::int as moved,
        (count(*) filter (where ended_at is not null and (switched_at is null or state = 'rolled_back')))::int as undone
      from moves where index_reembed_id = b.id) as made
    where b.id = any(${sql.param(batchIds)}::uuid[])`)
  return new Map(rows.map(({ id, tokens, ...counts }) => [id, { ...counts, tokensUsed: Number(tokens) }]))
}

export async function progressOf(tx: Tx, batchId: string): Promise<BatchProgress> {
  const progress = (await readProgress(tx, [batchId])).get(batchId)
  if (progress === undefined) throw new Error(`there is no batch ${batchId}`)
  return progress
}

/** Tenants of the index of batch `b` without a move. Canaries are no customer's: their runs make and remove them. */
const candidates: SQL = sql`
  select p.id as place, p.tenant_id as tenant from places p
  join tenants t on t.id = p.tenant_id and t.status in ('active', 'suspended')
  where p.index_id = b.index_id and p.state = 'active' and ${isCustomer(sql`p.tenant_id`)}
    and not b.skipped @> jsonb_build_array(jsonb_build_object('tenantId', p.tenant_id))
    and not exists (select 1 from moves m where m.tenant_id = p.tenant_id
      and (m.ended_at is null or m.index_reembed_id = b.id))`

/** The next tenants of a batch, the smallest first: a fault of the model shows early and costs little. */
export function nextCandidates(batchId: string, limit: number): SQL {
  return sql`
    select c.tenant from index_reembeds b cross join lateral (${candidates}) as c
    left join tenant_sizes s on s.tenant_id = c.tenant
    where b.id = ${batchId} order by s.records nulls first, c.place limit ${limit}`
}
