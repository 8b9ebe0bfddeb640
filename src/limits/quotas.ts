import type { Tier } from '../placement/placement.ts'

export type Meter = 'requests' | 'embeddingTokens' | 'answerTokens'

/** One quota: an amount of a meter per window. Windows begin at multiples of their length since 1970, in UTC. */
export interface Quota {
  /** The name in headers and in the problem `quota-exceeded`. */
  readonly name: string
  /** The name in a tenant's limits. */
  readonly limit: Exclude<LimitName, 'concurrentRequests'>
  readonly meter: Meter
  readonly windowS: number
}

export const limitNames = [
  ...(['requestsPerSecond', 'requestsPerMinute', 'requestsPerDay'] as const),
  ...(['embeddingTokensPerMinute', 'embeddingTokensPerDay'] as const),
  ...(['answerTokensPerMinute', 'answerTokensPerDay'] as const),
  'concurrentRequests',
] as const
export type LimitName = (typeof limitNames)[number]

const dayS = 86_400

export const quotas: readonly Quota[] = [
  { name: 'requests-per-second', limit: 'requestsPerSecond', meter: 'requests', windowS: 1 },
  { name: 'requests-per-minute', limit: 'requestsPerMinute', meter: 'requests', windowS: 60 },
  { name: 'requests-per-day', limit: 'requestsPerDay', meter: 'requests', windowS: dayS },
  { name: 'embedding-tokens-per-minute', limit: 'embeddingTokensPerMinute', meter: 'embeddingTokens', windowS: 60 },
  { name: 'embedding-tokens-per-day', limit: 'embeddingTokensPerDay', meter: 'embeddingTokens', windowS: dayS },
  { name: 'answer-tokens-per-minute', limit: 'answerTokensPerMinute', meter: 'answerTokens', windowS: 60 },
  { name: 'answer-tokens-per-day', limit: 'answerTokensPerDay', meter: 'answerTokens', windowS: dayS },
]

/** Concurrent requests of one tenant on one replica; further ones wait. */
export const concurrencyPolicy = 'concurrent-requests'

/** Every limit with its value; `Infinity` means unlimited. */
export type LimitValues = Readonly<Record<LimitName, number>>
export type TierLimits = Readonly<Record<Tier, LimitValues>>

/**
 * A tenant's default limits. They are wide, to stop only runaway use; plans are set by tier in the file of
 * `RATE_LIMITS`, or for one tenant.
 */
export const defaultTierLimits: TierLimits = {
  standard: {
    requestsPerSecond: 10_000,
    requestsPerMinute: 300_000,
    requestsPerDay: 100_000_000,
    embeddingTokensPerMinute: 5_000_000,
    embeddingTokensPerDay: 1_000_000_000,
    answerTokensPerMinute: 1_000_000,
    answerTokensPerDay: 100_000_000,
    concurrentRequests: 128,
  },
  enterprise: {
    requestsPerSecond: 50_000,
    requestsPerMinute: 1_500_000,
    requestsPerDay: 500_000_000,
    embeddingTokensPerMinute: 25_000_000,
    embeddingTokensPerDay: 5_000_000_000,
    answerTokensPerMinute: 5_000_000,
    answerTokensPerDay: 500_000_000,
    concurrentRequests: 256,
  },
}
