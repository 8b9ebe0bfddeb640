import { z } from 'zod'
import type { Policy } from './policy.ts'
import { weekdays } from './window.ts'

const count = z.int('must be a whole number').min(0, 'must be at least 0')
const time = z.string('must be text').regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time as in 22:00')
const value = z.union([z.string(), z.number(), z.boolean()], 'must be text, a number, true or false')

const window = z
  .strictObject({
    days: z
      .array(z.enum(weekdays, `must be one of ${weekdays.join(', ')}`), 'must be a list of days')
      .min(1, 'must name a day')
      .default([...weekdays]),
    from: time,
    to: time,
    timeZone: z
      .string('must be text')
      .refine(isTimeZone, 'must be the name of a time zone, as in Europe/Berlin')
      .default('UTC'),
  })
  .refine(({ from, to }) => from !== to, 'must not end when it begins; leave the window out for any time')

const file = z
  .strictObject({
    promote: z.strictObject({
      enterprise: z.boolean('must be true or false').default(true),
      records: count.min(1, 'must be at least 1').optional(),
      requestsPerDay: count.min(1, 'must be at least 1').optional(),
      attributes: z.record(z.string(), z.array(value, 'must be a list of values')).default({}),
    }),
    demote: z.strictObject({ recordsBelow: count, requestsPerDayBelow: count }).optional(),
    automatic: z
      .strictObject({
        window: window.optional(),
        movesPerDay: count.min(1, 'must be at least 1').default(1),
        afterHours: z.number('must be a number').min(0, 'must be at least 0').default(24),
      })
      .optional(),
  })
  .refine(isCalm('records', 'recordsBelow'), {
    path: ['demote', 'recordsBelow'],
    message: 'must be at most half of promote.records, or tenants would go up and down',
  })
  .refine(isCalm('requestsPerDay', 'requestsPerDayBelow'), {
    path: ['demote', 'requestsPerDayBelow'],
    message: 'must be at most half of promote.requestsPerDay, or tenants would go up and down',
  })

/** Parses a policy file's JSON; returns the policy, or every fault with its field. */
export function parsePolicy(json: unknown): { readonly policy: Policy } | { readonly faults: readonly string[] } {
  const parsed = file.safeParse(json)
  if (!parsed.success) return { faults: parsed.error.issues.map(wordsOf) }
  const { promote, demote, automatic } = parsed.data
  return { policy: { promote, ...(demote && { demote }), ...(automatic && { automatic }) } as Policy }
}

function wordsOf(issue: z.core.$ZodIssue): string {
  const field = issue.path.join('.')
  if (issue.code === 'unrecognized_keys')
    return `${field === '' ? '' : `${field}: `}nothing reads ${issue.keys.join(', ')}`
  if (issue.code === 'invalid_type' && issue.input === undefined && field !== '') return `${field}: ${issue.message}`
  return field === '' ? 'must be an object with promote, demote and automatic' : `${field}: ${issue.message}`
}

/** The threshold for demotion must be well below the one for promotion. */
function isCalm<U extends string, D extends string>(up: U, down: D) {
  return ({
    promote,
    demote,
  }: {
    promote: { [K in U]?: number | undefined }
    demote?: { [K in D]: number } | undefined
  }) => {
    const from = promote[up]
    return from === undefined || demote === undefined || demote[down] <= from / 2
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
