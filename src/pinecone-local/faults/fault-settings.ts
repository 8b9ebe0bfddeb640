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

/** Whom a rule strikes; without a field, all. */
const scope = {
  on: z.union([on, z.array(on).min(1)]).optional(),
  /** An index by name. */
  index: z.string().optional(),
  namespacePrefix: z.string().optional(),
  /** How many of the requests it fits, 0 to 1. */
  probability: z.number().min(0).max(1).optional(),
  /** How often at most; counts down, and at 0 the rule is spent. */
  times: z.number().int().min(0).optional(),
}

const rule = z.discriminatedUnion('fault', [
  /** Answers with the status instead of doing anything. */
  z.strictObject({
    ...scope,
    fault: z.literal('error'),
    status: z.number().int().min(400).max(599),
    message: z.string().optional(),
    retryAfterS: z.number().min(0).optional(),
  }),
  /** Cuts the connection before anything is done, or after a write was applied: applied but unanswered. */
  z.strictObject({ ...scope, fault: z.literal('reset'), when: z.enum(['before', 'after']) }),
  /** Applies the request later and never answers it: its connection is cut now, or left hanging. */
  z.strictObject({
    ...scope,
    fault: z.literal('late'),
    afterMs: milliseconds,
    connection: z.enum(['reset', 'hang']).optional(),
  }),
  /** Takes the place of the general latency. */
  z.strictObject({ ...scope, fault: z.literal('latency'), ms: span }),
  /** Takes the place of the general visibility lag. */
  z.strictObject({ ...scope, fault: z.literal('lag'), ms: span }),
  /** 429 with Retry-After for what exceeds the rate, over all requests that the rule fits. */
  z.strictObject({
    ...scope,
    fault: z.literal('rateLimit'),
    perSecond: z.number().positive(),
    burst: z.number().int().positive().optional(),
    retryAfterS: z.number().min(0).optional(),
  }),
  /** Applies a delete or an update by filter to what is visible, not to what all earlier writes left. */
  z.strictObject({ ...scope, fault: z.literal('staleFilter') }),
  /** Leaves the sequence-number headers out. */
  z.strictObject({ ...scope, fault: z.literal('noLsnHeaders') }),
])

const limit = z.number().int().min(0)

const settings = z.strictObject({
  /** How long an answered write stays invisible. */
  lagMs: span,
  /** From a request's arrival to its answer. */
  latencyMs: span,
  /** Whether x-pinecone-request-lsn and x-pinecone-max-indexed-lsn are sent. */
  lsnHeaders: z.boolean(),
  /** How long a new index is Initializing. */
  indexReadyMs: milliseconds,
  /** Indexes the project may have. */
  indexLimit: limit,
  /** Namespaces an index may have. */
  namespaceLimit: limit,
  /** The same for single indexes, by name. */
  namespaceLimits: z.record(z.string(), limit),
  rules: z.array(rule),
})

export type Span = z.infer<typeof span>
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
 * Reads settings from JSON; fields that are absent stay absent.
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
