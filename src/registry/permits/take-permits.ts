import { sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'

/** A replica's request for permits of one policy in one window. */
export interface PermitRequest {
  readonly tenantId: TenantId
  readonly policy: string
  /** The window's number: time since 1970 divided by its length. */
  readonly windowNo: number
  readonly windowS: number
  /** The tenant's limit. */
  readonly limit: number
  /** Usage to count unconditionally; below 0 gives permits back. */
  readonly used: number
  /** Permits for requests that wait now. */
  readonly need: number
  /** Permits for waiting requests and the near future, at least `need`. Near the limit less is granted. */
  readonly want: number
}

export interface PermitGrant {
  readonly given: number
  /** Permits that the window has left for all replicas. */
  readonly left: number
}

export interface PermitGrants {
  /** In the order of the requests. */
  readonly grants: readonly PermitGrant[]
  /** Replicas that share the limits now: live sessions. */
  readonly replicas: number
}

/**
 * Grants permits of many tenants in one statement. A request from a replica whose clock is behind counts in the newer
 * window.
 * @param shareOfRest a grant is at most `need` plus this part of what is left.
 */
export async function takePermits(
  tx: Tx,
  wanted: readonly PermitRequest[],
  shareOfRest: number,
): Promise<PermitGrants> {
  const column = <K extends keyof PermitRequest>(name: K) => sql.param(wanted.map((one) => one[name]))
  // Gives the need, or the share of the rest if that is more and wanted; never more than the rest.
  const given = (granted: ReturnType<typeof sql>, of: 'asked' | 'excluded') => {
    const its = (name: string) => sql.raw(`${of}.${name}`)
    const rest = sql`greatest(0, ${its('cap')} - greatest(0, ${granted} + ${its('used')}))`
    return sql`least(${rest}, greatest(${its('need')}, least(${its('want')}, ${rest} / ${shareOfRest})))`
  }
  // A window that is over counts for nothing.
  const before = sql`case when p.window_no < excluded.window_no then 0 else p.granted end`
  const rows = await tx.execute<{ tenant_id: string; policy: string; given: string; left: string; replicas: string }>(
    sql`
      insert into rate_permits as p
        (tenant_id, policy, window_no, window_s, granted, cap, used, need, want, given)
      select tenant_id, policy, window_no, window_s, greatest(0, used) + ${given(sql`0`, 'asked')},
        cap, used, need, want, ${given(sql`0`, 'asked')}
      from unnest(
        ${column('tenantId')}::text[], ${column('policy')}::text[], ${column('windowNo')}::bigint[],
        ${column('windowS')}::bigint[], ${column('limit')}::bigint[], ${column('used')}::bigint[],
        ${column('need')}::bigint[], ${column('want')}::bigint[]
      ) as asked(tenant_id, policy, window_no, window_s, cap, used, need, want)
      order by tenant_id, policy
      on conflict (tenant_id, policy) do update set
        window_no = greatest(p.window_no, excluded.window_no),
        window_s = excluded.window_s,
        granted = greatest(0, (${before}) + excluded.used) + ${given(sql`(${before})`, 'excluded')},
        cap = excluded.cap, used = excluded.used, need = excluded.need, want = excluded.want,
        given = ${given(sql`(${before})`, 'excluded')}
      returning tenant_id, policy, given, greatest(0, cap - granted) as left,
        (select count(*) from sessions where expires_at > now()) as replicas`,
  )
  const found = new Map(rows.map((row) => [`${row.tenant_id}/${row.policy}`, row]))
  const grants = wanted.map(({ tenantId, policy }) => {
    const row = found.get(`${tenantId}/${policy}`)
    return { given: Number(row?.given ?? 0), left: Number(row?.left ?? 0) }
  })
  return { grants, replicas: Math.max(1, Number(rows[0]?.replicas ?? 1)) }
}

/** Deletes past windows of tenants that no longer request permits. */
export async function forgetOldPermits(tx: Tx): Promise<void> {
  await tx.execute(sql`
    delete from rate_permits
    where (window_no + 2) * window_s < extract(epoch from now())`)
}
