import type { Tier } from '../placement/placement.ts'
import { type LimitName, type LimitValues, limitNames, type TierLimits } from './quotas.ts'

/** The fields of a tenant's route that decide its limits. */
export interface LimitedTenant {
  readonly tier: Tier
  /** Unknown names are ignored. */
  readonly limits?: Readonly<Record<string, number>> | undefined
  /** Time from which the tier's limits apply again. */
  readonly limitsUntilMs?: number | undefined
}

/** The limits that apply to a tenant now: its tier's, overridden by its own until those expire. */
export function limitsInForce(tenant: LimitedTenant, byTier: TierLimits, nowMs: number): LimitValues {
  const ofTier = byTier[tenant.tier]
  if (tenant.limits === undefined || hasExpired(tenant, nowMs)) return ofTier
  const own = Object.fromEntries(
    Object.entries(tenant.limits).filter(([name]) => isLimitName(name)),
  ) as Partial<LimitValues>
  return { ...ofTier, ...own }
}

export function hasExpired({ limitsUntilMs }: LimitedTenant, nowMs: number): boolean {
  return limitsUntilMs !== undefined && limitsUntilMs <= nowMs
}

export function isLimitName(name: string): name is LimitName {
  return (limitNames as readonly string[]).includes(name)
}
