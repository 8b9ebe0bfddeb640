import { sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { PlaceKind, Tier } from '../../placement/placement.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { isCustomer } from '../is-customer.ts'

/** Usage of a tenant in one month, beside the place that it has now. */
export interface MonthUse {
  readonly tenantId: TenantId
  /** Null: the tenant is not there any more. */
  readonly name: string | null
  readonly tier: Tier | null
  readonly kind: PlaceKind | null
  readonly cloud: string | null
  readonly region: string | null
  readonly model: string | null
  readonly requests: number
  readonly embeddingTokens: number
  readonly answerTokens: number
  /** Those of them that the model wrote. */
  readonly answerOutputTokens: number
  readonly readUnits: number
  readonly writeUnits: number
  readonly egressBytes: number
  /** Bytes stored, by the mean size of the records that it wrote; null: nothing was counted. */
  readonly storedBytes: number | null
  /** Share of the month in which there was something stored, as far as it is over. */
  readonly monthShare: number
}

export interface MonthQuery {
  /** As in `2026-11`. */
  readonly month: string
  readonly tenantId?: TenantId | undefined
  readonly after?: TenantId | undefined
  readonly limit: number
}

/** Bytes of a record whose tenant wrote none while they were counted, beside its vector: metadata and id. */
const metadataBytes = 500

/** Tenants with usage in a month, by id. */
export async function listMonthUse(
  tx: Tx,
  { month, tenantId, after, limit }: MonthQuery,
): Promise<readonly MonthUse[]> {
  const first = sql`${`${month}-01`}::date`
  return tx.execute<MonthUse & Record<string, unknown>>(sql`
    with used as (
      select tenant_id, sum(requests)::float8 as requests, sum(embedding_tokens)::float8 as embedding,
        sum(answer_tokens)::float8 as answer, sum(answer_output_tokens)::float8 as output, sum(read_units) as reads, sum(write_units) as writes,
        sum(egress_bytes)::float8 as egress, sum(written_bytes)::float8 as bytes,
        sum(written_records)::float8 as written
      from tenant_requests
      where day >= ${first} and day < ${first} + interval '1 month'
        and ${tenantId === undefined ? isCustomer(sql`tenant_id`) : sql`tenant_id = ${tenantId}`}
        and tenant_id > ${after ?? ''}
      group by tenant_id order by tenant_id limit ${limit}
    )
    select used.tenant_id as "tenantId", t.name, t.tier, i.kind, i.cloud, i.region, i.embedding_model as model,
      requests, embedding as "embeddingTokens", answer as "answerTokens", output as "answerOutputTokens", reads as "readUnits", writes as "writeUnits",
      egress as "egressBytes",
      case when t.status = 'offboarded' then null else s.records::float8 *
        case when written > 0 then bytes / written else i.dimension * 4 + ${metadataBytes}::float8 end end as "storedBytes",
      (extract(epoch from least((now() at time zone 'utc')::timestamp, ${first} + interval '1 month')
        - greatest(${first}::timestamp, (t.created_at at time zone 'utc')::timestamp))
        / extract(epoch from interval '30 days 10 hours'))::float8 as "monthShare"
    from used
    left join tenants t on t.id = used.tenant_id
    left join tenant_sizes s on s.tenant_id = used.tenant_id
    left join places p on p.tenant_id = used.tenant_id and p.state = 'active'
    left join indexes i on i.id = p.index_id
    order by used.tenant_id`)
}
