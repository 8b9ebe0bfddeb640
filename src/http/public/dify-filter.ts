import { AppError, type FieldFault } from '../../errors.ts'
import type { Filter, Metadata } from '../../stores/store.ts'
import { beginsWithin, type DateSpan, numbersWithin, spanFor, spanOf } from './dify-dates.ts'
import {
  type DifyComparison,
  hasText,
  isKept,
  isNone,
  type Kept,
  listed,
  meetsNumber,
  spellings,
  type Value,
} from './dify-values.ts'

/** A condition as Dify sends it. */
export interface DifyCondition {
  readonly name: string
  readonly comparison_operator: string
  readonly value?: string | number | boolean | readonly (string | number)[] | null | undefined
}

export interface DifyConditions {
  readonly logical_operator?: 'and' | 'or' | null | undefined
  readonly conditions?: readonly DifyCondition[] | null | undefined
}

export interface DifyNarrowing {
  /** A filter that the store evaluates exactly: every result meets the conditions. Undefined: no such filter exists. */
  readonly sure: Filter | undefined
  /** A wider filter where the store cannot evaluate all conditions; each result is then judged by `meets`. */
  readonly wide?: { readonly filter: Filter; readonly meets: (metadata: Metadata) => boolean }
}

interface Part {
  /** Undefined: the store can prove nothing to meet this condition. */
  readonly sure: Filter | undefined
  readonly meets: (kept: Kept) => boolean
  /** Present where the store cannot evaluate the whole condition: a filter that includes every candidate. */
  readonly wide?: { readonly filter: Filter }
}

const comparisons = {
  '=': '$eq',
  '≠': '$ne',
  '>': '$gt',
  '<': '$lt',
  '≥': '$gte',
  '≤': '$lte',
  before: '$lt',
  after: '$gt',
} as const satisfies Record<string, DifyComparison>

const parts = { contains: 'includes', 'start with': 'startsWith', 'end with': 'endsWith' } as const

export const difyOperators: readonly string[] = [
  'contains',
  'not contains',
  'start with',
  'end with',
  'is',
  'is not',
  'in',
  'not in',
  'empty',
  'not empty',
  ...Object.keys(comparisons),
]

/** Substrings of one request, at most: each is searched in each passage of a wide search. */
const textsMax = 50

type OnFault = (field: string, message: string) => void

/**
 * Translates Dify's conditions to a filter in our language; the caller's visibility remains a second filter. Where the
 * store cannot evaluate a condition (substrings, dates stored as text), it adds a wider filter with a judgement.
 *
 * @returns undefined without conditions.
 * @throws AppError `invalid_request` with every condition that cannot be expressed.
 */
export function difyNarrowing(given: DifyConditions | null | undefined): DifyNarrowing | undefined {
  const conditions = given?.conditions ?? []
  if (conditions.length === 0) return undefined
  const faults: FieldFault[] = []
  const made = conditions.map((condition, position) => {
    const path = `metadata_condition.conditions[${position}]`
    return partOf(condition, (field, message) => faults.push({ path: `${path}.${field}`, message }))
  })
  const texts = conditions.flatMap(({ comparison_operator: operator, value }) =>
    Object.hasOwn(parts, operator) || operator === 'not contains' ? listOf(value, false) : [],
  )
  if (texts.length > textsMax) {
    const message = `look for ${texts.length} parts of texts; ${textsMax} is the most`
    faults.push({ path: 'metadata_condition.conditions', message })
  }
  const [first] = faults
  if (first !== undefined) throw new AppError('invalid_request', `${first.path}: ${first.message}`, { faults })
  return given?.logical_operator === 'or' ? anyPart(conditions, made) : everyPart(conditions, made)
}

function everyPart(conditions: readonly DifyCondition[], made: readonly Part[]): DifyNarrowing {
  const filters = made.map((part) => part.sure).filter((one) => one !== undefined)
  const sure = filters.length < made.length ? undefined : { $and: filters }
  if (made.every(({ wide }) => wide === undefined)) return { sure }
  const wider = made.map((part) => part.wide?.filter ?? part.sure).filter((one) => one !== undefined)
  // The store has judged the others.
  const meets = (metadata: Metadata) =>
    made.every((part, at) => part.wide === undefined || part.meets(metadata[conditions[at]?.name ?? '']))
  return { sure, wide: { filter: { $and: wider }, meets } }
}

function anyPart(conditions: readonly DifyCondition[], made: readonly Part[]): DifyNarrowing {
  const filters = made.map((part) => part.sure).filter((one) => one !== undefined)
  const sure = filters.length === 0 ? undefined : { $or: filters }
  if (made.every(({ wide }) => wide === undefined)) return { sure }
  const wider = made.map((part) => part.wide?.filter ?? part.sure).filter((one) => one !== undefined)
  const meets = (metadata: Metadata) => made.some((part, at) => part.meets(metadata[conditions[at]?.name ?? '']))
  return { sure, wide: { filter: { $or: wider }, meets } }
}

function partOf({ name, comparison_operator: operator, value }: DifyCondition, fault: OnFault): Part {
  // Such a name would be an operator of the filter language, in which it could mean anything.
  if (name === '' || name.startsWith('$')) fault('name', 'is not the name of a metadata field')
  if (operator === 'empty' || operator === 'not empty') {
    const wanted = operator === 'not empty'
    return { sure: { [name]: { $exists: wanted } }, meets: (kept) => (kept !== undefined) === wanted }
  }
  if (Object.hasOwn(comparisons, operator)) {
    return comparison(name, comparisons[operator as keyof typeof comparisons], value, fault)
  }
  const values = listOf(value, operator === 'in' || operator === 'not in')
  if (values.length === 0) fault('value', 'is missing')
  switch (operator) {
    case 'contains':
    case 'start with':
    case 'end with': {
      const has = hasText(values, parts[operator])
      return { sure: anyOf(name, values), meets: has, wide: { filter: { [name]: { $exists: true } } } }
    }
    case 'not contains': {
      const has = hasText(values, 'includes')
      return {
        sure: undefined,
        meets: (kept) => kept !== undefined && !has(kept),
        wide: { filter: noneOf(name, values) },
      }
    }
    case 'in':
      return { sure: anyOf(name, values), meets: (kept) => values.some((one) => isKept(kept, one)) }
    case 'is': {
      const sure = { $and: values.map((one) => oneOf(name, one)) }
      return { sure, meets: (kept) => values.every((one) => isKept(kept, one)) }
    }
    case 'not in':
    case 'is not':
      return { sure: noneOf(name, values), meets: (kept) => isNone(kept, values) }
    default:
      fault('comparison_operator', `is none of ${difyOperators.join(', ')}`)
      return { sure: {}, meets: () => false }
  }
}

function comparison(name: string, operator: DifyComparison, value: DifyCondition['value'], fault: OnFault): Part {
  const number = numberOf(value)
  if (number !== undefined) {
    return { sure: { [name]: { [operator]: number } }, meets: (kept) => meetsNumber(kept, operator, number) }
  }
  const isEquality = operator === '$eq' || operator === '$ne'
  if (isEquality && (typeof value === 'boolean' || value === 'true' || value === 'false')) {
    const is = operator === '$eq'
    return is
      ? { sure: oneOf(name, value), meets: (kept) => isKept(kept, value) }
      : { sure: noneOf(name, [value]), meets: (kept) => isNone(kept, [value]) }
  }
  const span = typeof value === 'string' ? spanOf(value) : undefined
  if (span === undefined) {
    fault('value', 'must be a number, or a date as in 2026-11-21 or 2026-11-21T09:30:00Z')
    return { sure: {}, meets: () => false }
  }
  return dated(name, operator, span)
}

/** The store evaluates dates that are numbers; those that are texts are judged one by one. */
function dated(name: string, operator: DifyComparison, span: DateSpan): Part {
  if (operator === '$ne') {
    const meets = (kept: Kept) => kept !== undefined && !listed(kept).some((one) => beginsWithin(one, span))
    return { sure: undefined, meets, wide: { filter: { [name]: { $exists: true } } } }
  }
  const wanted = spanFor(operator, span)
  return {
    sure: numbersWithin(name, wanted),
    meets: (kept) => listed(kept).some((one) => beginsWithin(one, wanted)),
    wide: { filter: { [name]: { $exists: true } } },
  }
}

function oneOf(name: string, value: Value): Filter {
  const ways = spellings(value).map((one) => ({ [name]: { $eq: one } }))
  return ways.length === 1 && ways[0] !== undefined ? ways[0] : { $or: ways }
}

function anyOf(name: string, values: readonly Value[]): Filter {
  return { $or: values.flatMap(spellings).map((one) => ({ [name]: { $eq: one } })) }
}

function noneOf(name: string, values: readonly Value[]): Filter {
  return { $and: values.flatMap(spellings).map((one) => ({ [name]: { $ne: one } })) }
}

/** @param separated one text may hold several comma-separated values, as in Dify's own `in`. */
function listOf(value: DifyCondition['value'], separated: boolean): readonly Value[] {
  if (value === null || value === undefined) return []
  if (typeof value === 'number' || typeof value === 'boolean') return [value]
  if (typeof value !== 'string') return value
  const texts = separated ? value.split(',').map((text) => text.trim()) : [value]
  return texts.filter((text) => text !== '')
}

function numberOf(value: DifyCondition['value']): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}
