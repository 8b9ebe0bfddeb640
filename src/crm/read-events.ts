import { FaultList } from '../fault-list.ts'
import type { Tier } from '../placement/placement.ts'
import { clockToleranceMs } from './check-signature.ts'
import type { CrmSource } from './crm-source.ts'

/** An account's tag, as of a moment. */
export interface CrmEvent {
  readonly account: string
  readonly tag: Tier
  readonly at: Date
  readonly event: string
}

/** HubSpot sends as many at once. */
const eventsMax = 100
const textMax = 500

/**
 * Reads the events of a signed body: an object, or a list of them.
 * @returns in their order; undefined in the place of one that the source's mapping passes over.
 * @throws AppError `invalid_request` for a body that is not the mapping's, and for a time ahead of the clock: it would
 *   outlast every later event
 */
export function readCrmEvents(source: CrmSource, body: unknown, nowMs = Date.now()): readonly (CrmEvent | undefined)[] {
  const faults = new FaultList()
  const list = Array.isArray(body) ? body : [body]
  if (list.length > eventsMax) faults.add('body', `has more than ${eventsMax} events`)
  const read = list.slice(0, eventsMax).map((one, i) => readOne(source, one, nowMs, `[${i}]`, faults))
  faults.check()
  return read
}

function readOne(
  { fields, only, tags }: CrmSource,
  one: unknown,
  nowMs: number,
  path: string,
  faults: FaultList,
): CrmEvent | undefined {
  if (typeof one !== 'object' || one === null || Array.isArray(one)) {
    faults.add(path, 'must be an object')
    return undefined
  }
  const wanted = Object.entries(only).every(([field, values]) => values.includes(textAt(one, field) ?? ''))
  if (!wanted) return undefined
  const account = textAt(one, fields.account)
  const value = textAt(one, fields.tag)
  const at = timeAt(one, fields.at)
  const event = fields.event === undefined ? '' : textAt(one, fields.event)
  const missing = { [fields.account]: account || undefined, [fields.tag]: value, [fields.event ?? '']: event }
  for (const [field, found] of Object.entries(missing))
    if (found === undefined) faults.add(`${path}.${field}`, `must be text or a number, of up to ${textMax} characters`)
  if (at === undefined) faults.add(`${path}.${fields.at}`, 'must be milliseconds since 1970 or a time of ISO 8601')
  else if (at.getTime() > nowMs + clockToleranceMs) faults.add(`${path}.${fields.at}`, 'is ahead of the clock')
  const tag = value === undefined ? undefined : tags.get(value)
  if (!account || tag === undefined || at === undefined || event === undefined) return undefined
  return { account, tag, at, event }
}

/** The value of a field as text; a field that was cleared is the empty one. */
function textAt(one: object, field: string): string | undefined {
  const value = valueAt(one, field)
  if (value === null) return ''
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return undefined
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined
  const text = String(value)
  return text.length > textMax ? undefined : text
}

const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/

function timeAt(one: object, field: string): Date | undefined {
  const value = valueAt(one, field)
  const isTime = typeof value === 'number' ? Number.isSafeInteger(value) : typeof value === 'string' && iso.test(value)
  if (!isTime) return undefined
  const at = new Date(value as string | number)
  return at.getTime() >= 0 ? at : undefined
}

function valueAt(one: object, field: string): unknown {
  let value: unknown = one
  for (const step of field.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string, unknown>)[step]
  }
  return value
}
