import type { Metadata } from '../../src/stores/store.ts'

/** The filter language, read naively: an oracle that shares nothing with the store or the checks. */
export function matches(filter: Readonly<Record<string, unknown>>, metadata: Metadata): boolean {
  return Object.entries(filter).every(([key, item]) => {
    if (key === '$and') return (item as Readonly<Record<string, unknown>>[]).every((part) => matches(part, metadata))
    if (key === '$or') return (item as Readonly<Record<string, unknown>>[]).some((part) => matches(part, metadata))
    const operators = typeof item === 'object' && item !== null ? item : { $eq: item }
    return Object.entries(operators).every(([operator, operand]) => holds(operator, operand, metadata[key]))
  })
}

function holds(operator: string, operand: unknown, value: Metadata[string] | undefined): boolean {
  if (operator === '$exists') return (value !== undefined) === operand
  if (value === undefined) return false
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  const wanted: readonly unknown[] = Array.isArray(operand) ? operand : [operand]
  switch (operator) {
    case '$eq':
    case '$in':
      return values.some((one) => wanted.includes(one))
    case '$ne':
    case '$nin':
      return !values.some((one) => wanted.includes(one))
    default:
      return typeof value === 'number' && typeof operand === 'number' && compare(operator, value, operand)
  }
}

function compare(operator: string, value: number, operand: number): boolean {
  switch (operator) {
    case '$gt':
      return value > operand
    case '$gte':
      return value >= operand
    case '$lt':
      return value < operand
    case '$lte':
      return value <= operand
    default:
      throw new Error(`no operator ${operator}`)
  }
}
