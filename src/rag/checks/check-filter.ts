import type { FaultList } from '../../fault-list.ts'
import { isReserved, reservedWords } from '../../stores/reserved.ts'
import type { Filter } from '../../stores/store.ts'

/** The store accepts 32 levels; the router's own filter takes two of them. */
const depthMax = 30
/** The vendor's limit of a `$in` or `$nin`. */
const listMax = 10_000
const clausesMax = 1_000

/** Dates compare only as numbers; a date inside a text matches only exactly. */
const datesAreNumbers =
  'takes a number, and only numbers can be compared: keep a date as one, as in 20261121 or seconds since 1970'

const kinds = {
  $eq: 'scalar',
  $ne: 'scalar',
  $gt: 'number',
  $gte: 'number',
  $lt: 'number',
  $lte: 'number',
  $in: 'list',
  $nin: 'list',
  $exists: 'boolean',
} as const

/**
 * Validates a caller's filter: Pinecone's language (docs.pinecone.io, "Filter by metadata"), without its reserved keys.
 * Each fault names its path, as in `filter.$and[0].year.$gt`.
 *
 * @returns the filter, or undefined for one without conditions, which the store would treat as no filter.
 */
export function checkFilter(value: unknown, path: string, faults: FaultList): Filter | undefined {
  if (value === undefined) return undefined
  const budget = { clauses: clausesMax }
  checkObject(value, path, faults, depthMax, budget)
  if (budget.clauses < 0) faults.add(path, `has more than ${clausesMax} conditions`)
  return isObject(value) && Object.keys(value).length > 0 ? value : undefined
}

/**
 * The filter for the store: the caller's filter only narrows what the caller's groups see.
 * @param groups the token's groups; a record without the field is visible to everyone in the tenant.
 * @param fields of the tenant's records that list groups; each of them that a record has must let the caller see it.
 */
export function narrowed(filter: Filter | undefined, groups: readonly string[], fields: readonly string[]): Filter {
  const parts = fields.map((field) => visibleBy(field, groups))
  if (filter !== undefined) parts.push(filter)
  const [first, ...more] = parts
  return first !== undefined && more.length === 0 ? first : { $and: parts }
}

function visibleBy(field: string, groups: readonly string[]): Filter {
  const everyone: Filter = { [field]: { $exists: false } }
  return groups.length === 0 ? everyone : { $or: [everyone, { [field]: { $in: groups } }] }
}

interface Budget {
  clauses: number
}

function checkObject(value: unknown, path: string, faults: FaultList, depth: number, budget: Budget): void {
  if (!isObject(value)) {
    faults.add(path, 'must be an object of conditions, as in {"year": {"$gte": 2020}}')
    return
  }
  if (depth < 0) {
    faults.add(path, `is nested deeper than ${depthMax} levels`)
    return
  }
  for (const [key, item] of Object.entries(value)) {
    budget.clauses -= 1
    if (budget.clauses < 0 || faults.isFull) return
    if (key === '$and' || key === '$or') checkParts(key, item, `${path}.${key}`, faults, depth, budget)
    else if (key.startsWith('$'))
      faults.add(`${path}.${key}`, 'only $and, $or and names of fields may stand here, as in {"year": {"$gte": 2020}}')
    else if (isReserved(key)) faults.add(`${path}.${key}`, reservedWords)
    else checkCondition(item, `${path}.${key}`, faults, budget)
  }
}

function checkParts(key: string, item: unknown, path: string, faults: FaultList, depth: number, budget: Budget): void {
  if (!Array.isArray(item) || item.length === 0) {
    faults.add(path, `${key} takes a list of one filter or more`)
    return
  }
  for (const [position, part] of item.entries()) {
    if (budget.clauses < 0 || faults.isFull) return
    const at = `${path}[${position}]`
    if (isObject(part) && Object.keys(part).length === 0) faults.add(at, 'has no condition')
    else checkObject(part, at, faults, depth - 1, budget)
  }
}

function checkCondition(item: unknown, path: string, faults: FaultList, budget: Budget): void {
  if (isScalar(item)) return
  if (!isObject(item) || Object.keys(item).length === 0) {
    faults.add(path, 'must be a string, number, boolean or an object of operators such as {"$in": [...]}')
    return
  }
  for (const [operator, operand] of Object.entries(item)) {
    budget.clauses -= 1
    if (budget.clauses < 0 || faults.isFull) return
    const kind = Object.hasOwn(kinds, operator) ? kinds[operator as keyof typeof kinds] : undefined
    const fault =
      kind === undefined ? `unknown operator; there are ${Object.keys(kinds).join(' ')}` : wrong(kind, operand)
    if (fault !== undefined) faults.add(`${path}.${operator}`, fault)
  }
}

function wrong(kind: (typeof kinds)[keyof typeof kinds], operand: unknown): string | undefined {
  switch (kind) {
    case 'scalar':
      return isScalar(operand) ? undefined : 'takes a string, number or boolean'
    case 'number':
      if (isNumber(operand)) return undefined
      return typeof operand === 'string' && /^\d{4}-\d\d/.test(operand) ? datesAreNumbers : 'takes a number'
    case 'boolean':
      return typeof operand === 'boolean' ? undefined : 'takes true or false'
    case 'list':
      if (!Array.isArray(operand) || operand.length === 0) return 'takes a list of one value or more'
      if (operand.length > listMax) return `takes at most ${listMax} values`
      return operand.every((entry) => typeof entry === 'string') || operand.every(isNumber)
        ? undefined
        : 'takes a list of strings or a list of numbers'
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || isNumber(value)
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
