import type { PlaceKind, Tier } from '../placement/placement.ts'
import type { Policy } from './policy.ts'

/** The facts about a tenant that the advice uses. */
export interface TenantFacts {
  readonly tier: Tier
  readonly kind: PlaceKind
  readonly attributes: Readonly<Record<string, string | number | boolean>>
  /** Records at the store's last count; undefined: never counted. */
  readonly records: number | undefined
  /** Mean over the last seven days. */
  readonly meanRequestsPerDay: number
  /** The busiest of the last seven days. */
  readonly peakRequestsPerDay: number
  /** The present advice. */
  readonly standing: 'promote' | 'demote' | undefined
}

export interface Advice {
  readonly advice: 'promote' | 'demote'
  /** Reasons in plain words. */
  readonly reasons: readonly string[]
}

/**
 * Advice stays until a number is this far past its threshold, so that one that oscillates around it changes nothing.
 */
const slack = 0.1

/** Whether a tenant should move up or down, and why; undefined when it should stay. */
export function advise(facts: TenantFacts, policy: Policy): Advice | undefined {
  if (facts.kind === 'pool') {
    const reasons = reasonsUp(facts, policy, facts.standing === 'promote' ? 1 - slack : 1)
    return reasons.length === 0 ? undefined : { advice: 'promote', reasons }
  }
  if (reasonsUp(facts, policy, 1).length > 0) return undefined
  const reasons = reasonsDown(facts, policy, facts.standing === 'demote' ? 1 + slack : 1)
  return reasons.length === 0 ? undefined : { advice: 'demote', reasons }
}

function reasonsUp(facts: TenantFacts, { promote }: Policy, share: number): readonly string[] {
  const { tier, attributes, records, meanRequestsPerDay } = facts
  const reasons: string[] = []
  if (promote.enterprise && tier === 'enterprise') reasons.push('its tier is enterprise')
  for (const [name, wanted] of Object.entries(promote.attributes)) {
    const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined
    if (value !== undefined && wanted.includes(value)) reasons.push(`its attribute ${name} is ${value}`)
  }
  if (promote.records !== undefined && records !== undefined && records >= promote.records * share)
    reasons.push(`it has ${shown(records)} records (from ${shown(promote.records)} on)`)
  if (promote.requestsPerDay !== undefined && meanRequestsPerDay >= promote.requestsPerDay * share)
    reasons.push(`it makes ${shown(meanRequestsPerDay)} requests a day (from ${shown(promote.requestsPerDay)} on)`)
  return reasons
}

/** Demotion needs all reasons together. */
function reasonsDown(facts: TenantFacts, { demote }: Policy, share: number): readonly string[] {
  const { tier, records, peakRequestsPerDay } = facts
  if (demote === undefined || records === undefined) return []
  if (records >= demote.recordsBelow * share || peakRequestsPerDay >= demote.requestsPerDayBelow * share) return []
  return [
    `its tier is ${tier}`,
    `it has ${shown(records)} records (below ${shown(demote.recordsBelow)})`,
    `its busiest day had ${shown(peakRequestsPerDay)} requests (below ${shown(demote.requestsPerDayBelow)})`,
  ]
}

function shown(number: number): string {
  return Math.round(number).toLocaleString('en')
}
