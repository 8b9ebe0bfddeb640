/**
 * Distinguishes the vendor's answer from anything else with a success status: a gateway's page, `{}` from a proxy,
 * another endpoint's JSON. An unconfirmed answer counts as none: a write's outcome is then unknown, and a read failed.
 */
export type Confirms = (answer: unknown) => boolean

/** `{upsertedCount}` counts every record that was sent. */
export function upserted(records: number): Confirms {
  return (answer) => isObject(answer) && wholeNumberOf(answer.upsertedCount) === records
}

/** `{}`, or fields that later versions add; an error with status 200 does not confirm. */
export const done: Confirms = (answer) =>
  isObject(answer) && answer.error === undefined && answer.code === undefined && answer.message === undefined

/** `{matchedRecords}`, which a dry run of an update by filter answers. */
export const counted: Confirms = (answer) => isObject(answer) && matchedOf(answer) !== undefined

/** How many records matched an update by filter; undefined where the store does not tell. */
export function matchedOf(answer: unknown): number | undefined {
  return isObject(answer) ? wholeNumberOf(answer.matchedRecords) : undefined
}

export function matchesIn(namespace: string): Confirms {
  return (answer) => isFrom(namespace, answer) && isListOf(answer.matches, isMatch)
}

/** Records by id, all of them requested ones. */
export function recordsIn(namespace: string, asked?: readonly string[]): Confirms {
  return (answer) => {
    if (!isFrom(namespace, answer) || !isObject(answer.vectors) || !isPagination(answer.pagination)) return false
    const ids = asked && new Set(asked)
    return Object.entries(answer.vectors).every(
      ([id, record]) => isObject(record) && record.id === id && isWhole(record) && (ids === undefined || ids.has(id)),
    )
  }
}

export function idsIn(namespace: string): Confirms {
  const isItem = (item: unknown) => isObject(item) && typeof item.id === 'string'
  return (answer) => isFrom(namespace, answer) && isListOf(answer.vectors, isItem) && isPagination(answer.pagination)
}

export function namespaceNamed(name: string): Confirms {
  return (answer) => isObject(answer) && answer.name === name && wholeNumberOf(answer.record_count) !== undefined
}

export const namespaceList: Confirms = (answer) =>
  isObject(answer) &&
  isAbsentOr(answer.namespaces, (it) => isListOf(it, isNamespace)) &&
  isPagination(answer.pagination)

export function indexNamed(name: string): Confirms {
  return (answer) => isIndex(answer) && answer.name === name
}

export const indexList: Confirms = (answer) => isObject(answer) && isListOf(answer.indexes, isIndex)

type JsonObject = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isNamespace(value: unknown): boolean {
  return isObject(value) && typeof value.name === 'string' && wholeNumberOf(value.record_count) !== undefined
}

/** An answer that names a namespace must name the requested one. The default one has two names. */
function isFrom(namespace: string, answer: unknown): answer is JsonObject {
  if (!isObject(answer)) return false
  const named = answer.namespace
  return named === undefined || named === namespace || (named === '' && namespace === '__default__')
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem)
}

function isMatch(match: unknown): boolean {
  return isObject(match) && typeof match.id === 'string' && typeof match.score === 'number' && isRecord(match)
}

/** The optional parts of a record; null counts as absent. */
function isRecord({ values, sparseValues, metadata }: JsonObject): boolean {
  return (
    isAbsentOr(values, isNumbers) &&
    isAbsentOr(metadata, isObject) &&
    isAbsentOr(sparseValues, (sparse) => isObject(sparse) && isNumbers(sparse.indices) && isNumbers(sparse.values))
  )
}

/** A stored record has a vector: one received without it would be copied without it. */
function isWhole(record: JsonObject): boolean {
  const { values, sparseValues } = record
  const hasValues = Array.isArray(values) && values.length > 0
  return isRecord(record) && (hasValues || (isObject(sparseValues) && sparseValues.indices !== undefined))
}

function isNumbers(value: unknown): boolean {
  return isListOf(value, (item) => typeof item === 'number')
}

function isPagination(value: unknown): boolean {
  return isAbsentOr(value, (it) => isObject(it) && isAbsentOr(it.next, (next) => typeof next === 'string'))
}

function isIndex(value: unknown): value is JsonObject {
  return (
    isObject(value) &&
    isName(value.name) &&
    isName(value.host) &&
    isObject(value.status) &&
    typeof value.status.ready === 'boolean' &&
    isAbsentOr(value.tags, isObject)
  )
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function isAbsentOr(value: unknown, is: (value: unknown) => boolean): boolean {
  return value === undefined || value === null || is(value)
}

/** The vendor writes 64-bit numbers as numbers or as decimal text, depending on the version. */
function wholeNumberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}
