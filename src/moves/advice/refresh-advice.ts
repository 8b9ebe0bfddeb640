import { and, gt, inArray, lte, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { PlaceKind, Tier } from '../../placement/placement.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { advise, type TenantFacts } from '../../policy/advise.ts'
import type { Policy } from '../../policy/policy.ts'
import { isCustomer } from '../../registry/is-customer.ts'
import { advice, adviceLook } from './advice.sql.ts'

interface Deps {
  readonly db: Tx
  readonly policy: Policy
}

/** Tenants per statement. */
const page = 2000

/**
 * Examines every tenant with any fact that could favour a move, and records the advice with its reasons. Unchanged
 * advice keeps its `since`. A tenant in a move gets none, unless its move only soaks, or is another one than the promote
 * that its tag asks for.
 */
export async function refreshAdvice({ db, policy }: Deps): Promise<void> {
  for (let after = ''; ; ) {
    const tenants = await readFacts(db, after)
    const last = tenants.at(-1)?.id
    const found = tenants.flatMap(({ id, facts }) => {
      const one = advise(facts, policy)
      return one === undefined ? [] : [{ tenantId: id, ...one }]
    })
    const isLast = last === undefined || tenants.length < page
    const advised = new Set(found.map(({ tenantId }) => tenantId))
    const stood = await db
      .select({ id: advice.tenantId })
      .from(advice)
      .where(and(gt(advice.tenantId, after as TenantId), isLast ? undefined : lte(advice.tenantId, last)))
    const over = stood.map(({ id }) => id).filter((id) => !advised.has(id))
    if (over.length > 0) await db.delete(advice).where(inArray(advice.tenantId, over))
    if (found.length > 0) {
      await db
        .insert(advice)
        .values(found)
        .onConflictDoUpdate({
          target: advice.tenantId,
          set: {
            reasons: sql`excluded.reasons`,
            since: sql`case when ${advice.advice} = excluded.advice then ${advice.since} else now() end`,
            advice: sql`excluded.advice`,
          },
        })
    }
    if (isLast) break
    after = last
  }
  const look = { lookedAt: sql`now()` }
  await db.insert(adviceLook).values(look).onConflictDoUpdate({ target: adviceLook.one, set: look })
}

async function readFacts(
  db: Tx,
  after: string,
): Promise<readonly { readonly id: TenantId; readonly facts: TenantFacts }[]> {
  const rows = await db.execute<{
    id: TenantId
    tier: Tier
    kind: PlaceKind
    attributes: TenantFacts['attributes']
    records: number | null
    week: string | null
    peak: string | null
    standing: 'promote' | 'demote' | null
  }>(sql`
    select t.id, t.tier, t.attributes, i.kind, s.records, r.week, r.peak, a.advice as standing
    from tenants t
    join places p on p.tenant_id = t.id and p.state = 'active'
    join indexes i on i.id = p.index_id
    left join tenant_sizes s on s.tenant_id = t.id
    left join lateral (select sum(requests) as week, max(requests) as peak from tenant_requests
      where tenant_id = t.id and day > (now() at time zone 'utc')::date - 7) r on true
    left join advice a on a.tenant_id = t.id
    where t.id > ${after} and t.status in ('active', 'suspended') and ${isCustomer(sql`t.id`)}
      and not exists (select 1 from moves m where m.tenant_id = t.id and m.ended_at is null
        and m.state not in ('soaking', 'completing')
        and not (t.tier = 'enterprise' and i.kind = 'pool' and m.kind <> 'promote'))
      and (t.tier = 'enterprise' or i.kind = 'silo' or t.attributes <> '{}' or s.records is not null or r.peak is not null)
    order by t.id limit ${page}`)
  return rows.map(({ id, tier, kind, attributes, records, week, peak, standing }) => ({
    id,
    facts: {
      tier,
      kind,
      attributes,
      records: records ?? undefined,
      meanRequestsPerDay: Number(week ?? 0) / 7,
      peakRequestsPerDay: Number(peak ?? 0),
      standing: standing ?? undefined,
    },
  }))
}
