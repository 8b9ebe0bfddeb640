import { type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { indexReembeds } from './index-reembeds.sql.ts'

/** Progress of the moves of a batch. */
interface BatchProgress {
  /** Tokens embedded by those that began within 24 hours, or copy yet. */
  readonly tokensUsed: number
  /** Moves that may still embed: neither switched nor resting for a person. */
  readonly working: number
  readonly open: number
  readonly moved: number
  readonly undone: number
}

export async function progressOf(tx: Tx, batchId: string): Promise<BatchProgress> {
  const [row] = await tx.execute<{ tokens: string; working: number; open: number; moved: number; undone: number }>(sql`
    select coalesce(sum(embedded_tokens) filter (where created_at > now() - interval '24 hours' or switched_at is null and ended_at is null), 0) as tokens,
      (count(*) filter (where ended_at is null and switched_at is null and state <> 'paused'))::int as working,
      (count(*) filter (where ended_at is null and switched_at is null))::int as open,
      (count(*) filter (where switched_at is not null and state <> 'rolled_back'))::int as moved,
      (count(*) filter (where ended_at is not null and (switched_at is null or state = 'rolled_back')))::int as undone
    from moves where index_reembed_id = ${batchId}`)
  if (row === undefined) throw new Error('a count has a row')
  return {
    tokensUsed: Number(row.tokens),
    working: row.working,
    open: row.open,
    moved: row.moved,
    undone: row.undone,
  }
}

/** Tenants of the index without a move, the smallest first, so that a fault of the model shows early and costs little. */
export function candidatesOf({
  id,
  indexId,
  skipped,
}: Pick<typeof indexReembeds.$inferSelect, 'id' | 'indexId' | 'skipped'>): SQL {
  const passed = skipped.map(({ tenantId }) => tenantId)
  return sql`
    select p.tenant_id as tenant from places p
    join tenants t on t.id = p.tenant_id and t.status in ('active', 'suspended')
    left join tenant_sizes s on s.tenant_id = p.tenant_id
    where p.index_id = ${indexId} and p.state = 'active' and p.tenant_id <> all(${sql.param(passed)}::text[])
      and not exists (select 1 from moves m where m.tenant_id = p.tenant_id
        and (m.ended_at is null or m.index_reembed_id = ${id}))
    order by s.records nulls first, p.id`
}
