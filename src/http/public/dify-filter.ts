import { AppError, type FieldFault } from '../../errors.ts'
import type { Filter } from '../../stores/store.ts'

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

type Value = string | number | boolean

const numeric = {
  ...{ '=': '$eq', '≠': '$ne', '>': '$gt', '<': '$lt', '≥': '$gte', '≤': '$lte' },
  ...{ before: '$lt', after: '$gt' },
} as const

/** Operators that are taken. `start with` and `end with` are not: the store compares whole values. */
export const difyOperators: readonly string[] = [
  ...['contains', 'not contains', 'is', 'is not', 'in', 'not in', 'empty', 'not empty'],
  ...Object.keys(numeric),
]

/**
 * Dify's conditions in our filter language, for which the caller's visibility is a second filter that stays.
 *
 * @returns undefined without conditions.
 * @throws AppError `invalid_request` with every condition that can't be said.
 */
export function difyFilter(given: DifyConditions | null | undefined): Filter | undefined {
  const conditions = given?.conditions ?? []
  if (conditions.length === 0) return undefined
  const faults: FieldFault[] = []
  const parts = conditions.map((condition, position) => {
    const path = `metadata_condition.conditions[${position}]`
    return partOf(condition, (field, message) => faults.push({ path: `${path}.${field}`, message }))
  })
  const [first] = faults
  if (first !== undefined) throw new AppError('invalid_request', `${first.path}: ${first.message}`, { faults })
  return { [given?.logical_operator === 'or' ? '$or' : '$and']: parts }
}

function partOf(
  { name, comparison_operator: operator, value }: DifyCondition,
  fault: (field: string, message: string) => void,
): Filter {
  // Such a name would be an operator of the filter language, in which it could mean anything.
  if (name === '' || name.startsWith('$')) fault('name', 'is not the name of a metadata field')
  if (operator === 'empty' || operator === 'not empty') return { [name]: { $exists: operator === 'not empty' } }
  if (Object.hasOwn(numeric, operator)) {
    const number = numberOf(value)
    if (number === undefined) fault('value', 'must be a number: dates are compared as numbers, as in 20261121')
    return { [name]: { [numeric[operator as keyof typeof numeric]]: number } }
  }
  const values = listOf(value, operator === 'in' || operator === 'not in')
  if (values.length === 0) fault('value', 'is missing')
  switch (operator) {
    case 'in':
    case 'contains': // a list that has it, or the value itself
      return anyOf(name, values)
    case 'not in':
    case 'not contains':
      return { $and: values.map((one) => ({ [name]: { $ne: one } })) }
    case 'is':
      return { $and: values.map((one) => ({ [name]: { $eq: one } })) }
    case 'is not':
      return { $and: values.map((one) => ({ [name]: { $ne: one } })) }
    default:
      fault('comparison_operator', `is none of ${difyOperators.join(', ')}`)
      return {}
  }
}

function anyOf(name: string, values: readonly Value[]): Filter {
  return { $or: values.map((one) => ({ [name]: { $eq: one } })) }
}

/** @param separated one text may hold several values, with commas between, as Dify's own `in` takes it. */
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
