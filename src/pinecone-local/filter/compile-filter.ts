import { invalid } from '../../pinecone-wire/api-error.ts'
import { isObject, type JsonObject } from '../../pinecone-wire/body-fields.ts'
import { vendorLimits } from '../../pinecone-wire/limits.ts'
import type { LocalMetadata, LocalMetadataValue } from '../shapes/metadata.ts'

export type Predicate = (metadata: LocalMetadata) => boolean
type Condition = (value: LocalMetadataValue | undefined) => boolean

/**
 * Compiles a filter of Pinecone's language: `$eq $ne $gt $gte $lt $lte $in $nin $exists $and $or`, a bare value for
 * `$eq`, several fields or operators for `$and`. A list of strings matches by each of its values. Comparisons, `$ne`
 * and `$nin` included, never match a record that lacks the field.
 *
 * @throws ApiError 400 with the vendor's wording where it is known.
 */
export function compileFilter(filter: unknown, depth = 0): Predicate {
  if (!isObject(filter)) throw invalid(`filter: expected an object, got ${JSON.stringify(filter)}`)
  if (depth > vendorLimits.filterDepth) throw invalid(`filter is nested deeper than ${vendorLimits.filterDepth} levels`)
  const all = Object.entries(filter).map(([key, value]) => clause(key, value, depth))
  const [only] = all
  if (only !== undefined && all.length === 1) return only
  return (metadata) => all.every((matches) => matches(metadata))
}

function clause(key: string, value: unknown, depth: number): Predicate {
  if (key === '$and' || key === '$or') return logical(key, value, depth)
  if (key.startsWith('$')) {
    throw invalid(`only $and and $or are allowed at the top level of a filter expression, got ${key}`)
  }
  const holds = fieldCondition(key, value)
  return (metadata) => holds(Object.hasOwn(metadata, key) ? metadata[key] : undefined)
}

function logical(operator: '$and' | '$or', value: unknown, depth: number): Predicate {
  if (!Array.isArray(value) || value.length === 0) {
    throw invalid(
      `the ${operator} operator must be followed by a non-empty list of filters, got ${show(value)} instead`,
    )
  }
  const parts = value.map((part: unknown) => compileFilter(part, depth + 1))
  return operator === '$and'
    ? (metadata) => parts.every((matches) => matches(metadata))
    : (metadata) => parts.some((matches) => matches(metadata))
}

function fieldCondition(name: string, value: unknown): Condition {
  if (isScalar(value)) return equals(value)
  if (!isObject(value)) throw invalid(`illegal condition for field ${name}, got ${show(value)}`)
  const all = Object.entries(value).map(([operator, operand]) => operatorCondition(name, operator, operand, value))
  const [only] = all
  if (only !== undefined && all.length === 1) return only
  return (item) => all.every((holds) => holds(item))
}

function operatorCondition(name: string, operator: string, operand: unknown, whole: JsonObject): Condition {
  switch (operator) {
    case '$eq':
      return equals(scalar(operator, operand))
    case '$ne': {
      const same = equals(scalar(operator, operand))
      return (item) => item !== undefined && !same(item)
    }
    case '$in':
      return oneOf(list(operator, operand))
    case '$nin': {
      const among = oneOf(list(operator, operand))
      return (item) => item !== undefined && !among(item)
    }
    case '$exists': {
      if (typeof operand !== 'boolean') {
        throw invalid(`the $exists operator must be followed by a boolean, got ${show(operand)} instead`)
      }
      return (item) => (item !== undefined) === operand
    }
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return compare(operator, operand)
    default:
      if (operator.startsWith('$')) throw invalid(`${operator} is not a valid operator`)
      throw invalid(`illegal condition for field ${name}, got ${show(whole)}`)
  }
}

function equals(wanted: string | number | boolean): Condition {
  return (item) => item === wanted || (typeof item === 'object' && item.includes(wanted as string))
}

function oneOf(wanted: ReadonlySet<string | number>): Condition {
  return (item) =>
    typeof item === 'object' ? item.some((entry) => wanted.has(entry)) : wanted.has(item as string | number)
}

function compare(operator: '$gt' | '$gte' | '$lt' | '$lte', operand: unknown): Condition {
  if (typeof operand !== 'number') {
    throw invalid(`the ${operator} operator must be followed by a number, got ${show(operand)} instead`)
  }
  switch (operator) {
    case '$gt':
      return (item) => typeof item === 'number' && item > operand
    case '$gte':
      return (item) => typeof item === 'number' && item >= operand
    case '$lt':
      return (item) => typeof item === 'number' && item < operand
    case '$lte':
      return (item) => typeof item === 'number' && item <= operand
  }
}

function scalar(operator: string, operand: unknown): string | number | boolean {
  if (isScalar(operand)) return operand
  throw invalid(
    `the ${operator} operator must be followed by a string, boolean or a number, got ${show(operand)} instead`,
  )
}

function list(operator: string, operand: unknown): ReadonlySet<string | number> {
  const good =
    Array.isArray(operand) &&
    operand.length > 0 &&
    (operand.every((item) => typeof item === 'string') || operand.every((item) => typeof item === 'number'))
  if (!good) {
    throw invalid(
      `the ${operator} operator must be followed by a list of strings or a list of numbers, got ${show(operand)} instead`,
    )
  }
  if (operand.length > vendorLimits.filterValues) {
    throw invalid(`the ${operator} operator accepts at most ${vendorLimits.filterValues} values, got ${operand.length}`)
  }
  return new Set(operand as (string | number)[])
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined'
  return text.length > 100 ? `${text.slice(0, 100)}...` : text
}
