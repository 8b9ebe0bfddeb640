import type { Filter } from '../../stores/store.ts'

/** A span in milliseconds since 1970; the end is exclusive. */
export interface DateSpan {
  readonly from: number
  readonly to: number
}

const dayMs = 86_400_000
const iso = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/

/**
 * Stored numbers by size: from here days, as in 20261121; from `daysEnd` seconds since 1970; from `secondsEnd`
 * milliseconds.
 */
const daysBegin = 1e7
const daysEnd = 1e8
const secondsEnd = 1e11

/** Parses a date or time (ISO 8601, UTC without a zone): a whole day, or a millisecond. */
export function spanOf(text: string): DateSpan | undefined {
  const [, day, time, zone = 'Z'] = iso.exec(text.trim()) ?? []
  if (day === undefined) return undefined
  const midnight = Date.parse(`${day}T00:00:00Z`)
  // The parser takes a day that does not exist, such as 2026-02-30, for one of the next month.
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day) return undefined
  if (time === undefined) return { from: midnight, to: midnight + dayMs }
  const from = Date.parse(`${day}T${time}${zone}`)
  return Number.isNaN(from) ? undefined : { from, to: from + 1 }
}

/** The span in which a value must begin to satisfy the comparison. */
export function spanFor(operator: '$eq' | '$lt' | '$lte' | '$gt' | '$gte', { from, to }: DateSpan): DateSpan {
  switch (operator) {
    case '$eq':
      return { from, to }
    case '$lt':
      return { from: -Infinity, to: from }
    case '$lte':
      return { from: -Infinity, to }
    case '$gt':
      return { from: to, to: Infinity }
    case '$gte':
      return { from, to: Infinity }
  }
}

/** Whether a stored value is a date within the span, in any of its forms. */
export function beginsWithin(value: string | number | boolean, { from, to }: DateSpan): boolean {
  const begin = typeof value === 'string' ? spanOf(value)?.from : typeof value === 'number' ? beginOf(value) : undefined
  return begin !== undefined && begin >= from && begin < to
}

/** The same for numbers only, as a filter that the store evaluates. */
export function numbersWithin(name: string, { from, to }: DateSpan): Filter {
  const kinds = [
    within(name, Math.max(dayNumber(from), daysBegin), Math.min(dayNumber(to), daysEnd)),
    within(name, Math.max(from / 1000, daysEnd), Math.min(to / 1000, secondsEnd)),
    within(name, Math.max(from, secondsEnd), to),
  ]
  return { $or: kinds }
}

function within(name: string, from: number, to: number): Filter {
  return { [name]: to === Infinity ? { $gte: from } : { $gte: from, $lt: to } }
}

function beginOf(number: number): number | undefined {
  if (number >= secondsEnd) return number
  if (number >= daysEnd) return number * 1000
  const digits = String(number)
  return /^\d{8}$/.test(digits)
    ? spanOf(`${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`)?.from
    : undefined
}

/** The first day that begins at a moment or after it, as a number like 20261121. */
function dayNumber(ms: number): number {
  if (!Number.isFinite(ms)) return ms
  if (ms > Date.UTC(9999, 11, 31)) return daysEnd
  const day = new Date(Math.ceil(ms / dayMs) * dayMs).toISOString().slice(0, 10)
  return Number(day.replaceAll('-', ''))
}
