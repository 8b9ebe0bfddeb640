import type { Tier } from '../placement/placement.ts'
import { type LimitName, type Limits, limitNames, type TierLimits } from './policies.ts'

/** What decides a tenant's limits, as its route carries it. */
export interface LimitedTenant {
  readonly tier: Tier
  /** Names that are no limit's mean nothing. */
  readonly limits?: Readonly<Record<string, number>> | undefined
  /** From then on the tier's hold again. */
  readonly limitsUntilMs?: number | undefined
}

/** The limits that hold for a tenant now: its tier's, and its own in their place until they expire. */
export function limitsInForce(tenant: LimitedTenant, byTier: TierLimits, nowMs: number): Limits {
  const ofTier = byTier[tenant.tier]
  if (tenant.limits === undefined || hasExpired(tenant, nowMs)) return ofTier
  const own = Object.fromEntries(Object.entries(tenant.limits).filter(([name]) => isLimitName(name))) as Partial<Limits>
  return { ...ofTier, ...own }
}

export function hasExpired({ limitsUntilMs }: LimitedTenant, nowMs: number): boolean {
  return limitsUntilMs !== undefined && limitsUntilMs <= nowMs
}

export function isLimitName(name: string): name is LimitName {
  return (limitNames as readonly string[]).includes(name)
}
