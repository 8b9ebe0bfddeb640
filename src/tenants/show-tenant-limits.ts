import { AppError } from '../errors.ts'
import { concurrencyPolicy, type LimitName, quotas, type TierLimits } from '../limits/quotas.ts'
import { hasExpired, isLimitName, limitsInForce } from '../limits/tenant-limits.ts'
import type { Tier } from '../placement/placement.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { readPermits } from '../registry/permits/read-permits.ts'
import { findTenant } from '../registry/tenants.ts'
import type { TenantWork } from './onboard/tenant-work.ts'

export interface ShowLimitsDeps extends Pick<TenantWork, 'db'> {
  readonly tierLimits: TierLimits
}

export interface TenantLimits {
  readonly tenantId: TenantId
  readonly tier: Tier
  readonly limits: readonly LimitInForce[]
  /** When its own limits end; null: never, or it has none. */
  readonly until: string | null
  /** Unknown names among its own limits, which have no effect. */
  readonly ignored: readonly string[]
}

export interface LimitInForce {
  readonly name: LimitName
  /** The policy's name in headers. */
  readonly policy: string
  /** Null: unlimited. */
  readonly limit: number | null
  readonly from: 'tenant' | 'tier'
  /** Null: a limit of concurrency, per replica. */
  readonly windowS: number | null
  /** Usage in the present window, as reported by replicas; null where replicas do not count together. */
  readonly used: number | null
}

/** The limits in force for a tenant, their origin and their end. @throws AppError `not_found` */
export async function showTenantLimits(
  { db, tierLimits }: ShowLimitsDeps,
  tenantId: TenantId,
  nowMs: number = Date.now(),
): Promise<TenantLimits> {
  const row = await findTenant(db, tenantId)
  if (row === undefined) throw new AppError('not_found', 'There is no such tenant.')
  const limitsUntilMs = row.limitsUntil?.getTime()
  const tenant = { tier: row.tier, limits: row.limits, limitsUntilMs }
  const inForce = limitsInForce(tenant, tierLimits, nowMs)
  const own = hasExpired(tenant, nowMs) ? {} : row.limits
  const permits = await readPermits(db, tenantId)
  const shown = (name: LimitName) => ({
    name,
    limit: Number.isFinite(inForce[name]) ? Math.floor(inForce[name]) : null,
    from: name in own ? ('tenant' as const) : ('tier' as const),
  })
  const counted = quotas.map(({ name: policy, limit, windowS }): LimitInForce => {
    const given = permits.get(policy)
    const isPresent = given?.windowNo === Math.floor(nowMs / 1000 / windowS)
    return { ...shown(limit), policy, windowS, used: isPresent ? given.granted : 0 }
  })
  return {
    tenantId,
    tier: row.tier,
    limits: [...counted, { ...shown('concurrentRequests'), policy: concurrencyPolicy, windowS: null, used: null }],
    until: Object.keys(own).length === 0 ? null : (row.limitsUntil?.toISOString() ?? null),
    ignored: Object.keys(row.limits).filter((name) => !isLimitName(name)),
  }
}
