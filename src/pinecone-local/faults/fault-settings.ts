import { z } from 'zod'
import { groups, operations } from './operations.ts'

const milliseconds = z.number().min(0).max(86_400_000)
const span = z.union([
  milliseconds,
  z.strictObject({ min: milliseconds, max: milliseconds }).refine((range) => range.min <= range.max, {
    message: 'min must not be above max',
  }),
])
const on = z.enum([...operations, ...(Object.keys(groups) as (keyof typeof groups)[])])

/** The requests that a rule applies to; an absent field matches all. */
const scope = {
  on: z.union([on, z.array(on).min(1)]).optional(),
  /** An index by name. */
  index: z.string().optional(),
  namespacePrefix: z.string().optional(),
  /** The share of matching requests that it affects, 0 to 1. */
  probability: z.number().min(0).max(1).optional(),
  /** Remaining uses; counts down, and at 0 the rule is spent. */
  times: z.number().int().min(0).optional(),
}

const rule = z.discriminatedUnion('fault', [
  /** Answers with the status instead of handling the request. */
  z.strictObject({
    ...scope,
    fault: z.literal('error'),
    status: z.number().int().min(400).max(599),
    message: z.string().optional(),
    retryAfterS: z.number().min(0).optional(),
  }),
  /** Cuts the connection before the request is handled, or after a write was applied: applied but unanswered. */
  z.strictObject({ ...scope, fault: z.literal('reset'), when: z.enum(['before', 'after']) }),
  /** Applies the request later without an answer: its connection is cut now, or left hanging. */
  z.strictObject({
    ...scope,
    fault: z.literal('late'),
    afterMs: milliseconds,
    connection: z.enum(['reset', 'hang']).optional(),
  }),
  /** Replaces the general latency. */
  z.strictObject({ ...scope, fault: z.literal('latency'), ms: span }),
  /** Replaces the general visibility lag. */
  z.strictObject({ ...scope, fault: z.literal('lag'), ms: span }),
  /** Answers 429 with Retry-After to requests above the rate, counted over all requests that match the rule. */
  z.strictObject({
    ...scope,
    fault: z.literal('rateLimit'),
    perSecond: z.number().positive(),
    burst: z.number().int().positive().optional(),
    retryAfterS: z.number().min(0).optional(),
  }),
  /** Applies a delete or an update by filter to visible records, instead of to the result of all earlier writes. */
  z.strictObject({ ...scope, fault: z.literal('staleFilter') }),
  /** Omits the sequence-number headers. */
  z.strictObject({ ...scope, fault: z.literal('noLsnHeaders') }),
])

const limit = z.number().int().min(0)

const settings = z.strictObject({
  /** Time that an answered write stays invisible. */
  lagMs: span,
  /** Time from a request's arrival to its answer. */
  latencyMs: span,
  /** Whether x-pinecone-request-lsn and x-pinecone-max-indexed-lsn are sent. */
  lsnHeaders: z.boolean(),
  /** Time that a new index is Initializing. */
  indexReadyMs: milliseconds,
  /** Index limit of the project. */
  indexLimit: limit,
  /** Namespace limit of an index. */
  namespaceLimit: limit,
  /** Namespace limits of single indexes, by name. */
  namespaceLimits: z.record(z.string(), limit),
  rules: z.array(rule),
})

export type FaultSpan = z.infer<typeof span>
export type FaultRule = z.infer<typeof rule>
export type Faults = z.infer<typeof settings>

/** No faults, and the limits of the vendor's Standard plan. */
export const noFaults: Faults = {
  lagMs: 0,
  latencyMs: 0,
  lsnHeaders: true,
  indexReadyMs: 0,
  indexLimit: 20,
  namespaceLimit: 100_000,
  namespaceLimits: {},
  rules: [],
}

export class BadFaultsError extends Error {
  override name = 'BadFaultsError'
}

/**
 * Reads settings from JSON; absent fields stay absent.
 *
 * @throws BadFaultsError whose message names each wrong field.
 */
export function parseFaults(value: unknown): Partial<Faults> {
  const result = settings.partial().safeParse(value)
  if (result.success) return dropUndefined(result.data)
  const faults = result.error.issues.map((issue) => {
    const path = issue.path.length === 0 ? 'faults' : issue.path.join('.')
    return `${path}: ${issue.message}`
  })
  throw new BadFaultsError(faults.join('; '))
}

function dropUndefined(data: { [K in keyof Faults]?: Faults[K] | undefined }): Partial<Faults> {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined)) as Partial<Faults>
}
