import { AppError } from '../errors.ts'

/** How an app's records name their documents: in a metadata field, or by a pattern of their ids. */
export type InventoryRule = { readonly documentField: string } | { readonly idPattern: string }

type RecordName = { readonly id: string; readonly metadata?: Readonly<Record<string, unknown>> }

/** The parts of a pattern around `{document}`, and around `{chunk}` where it has one. */
interface PatternParts {
  readonly before: string
  readonly between: string
  /** Undefined: the pattern has no `{chunk}`, and `between` ends the id. */
  readonly after: string | undefined
}

/** @throws AppError `invalid_request` for a pattern without `{document}`, or with `{chunk}` elsewhere than after it. */
export function checkIdPattern(pattern: string): void {
  const count = (part: string) => pattern.split(part).length - 1
  const isOrdered = count('{chunk}') === 0 || pattern.indexOf('{chunk}') > pattern.indexOf('{document}')
  const { between, after } = partsOf(pattern)
  const isApart = after === undefined || between !== ''
  if (count('{document}') === 1 && count('{chunk}') <= 1 && isOrdered && isApart) return
  const message =
    'must have {document} in it once, and after it, with a character between them, {chunk} once or not at all, as in {document}#{chunk}'
  throw new AppError('invalid_request', `idPattern: ${message}`, { faults: [{ path: 'idPattern', message }] })
}

/**
 * The document that a record belongs to; undefined when its field or id names none. With several ways to read an id the
 * document's part is the longest: `{document}#{chunk}` reads `a#1#2` as chunk `2` of `a#1`.
 */
export function documentOf(rule: InventoryRule, { id, metadata = {} }: RecordName): string | undefined {
  if ('documentField' in rule) return nameIn(metadata[rule.documentField])
  return documentInId(rule.idPattern, id)
}

/** The document that a record's id names by a pattern. */
export function documentInId(pattern: string, id: string): string | undefined {
  const { before, between, after } = partsOf(pattern)
  if (!id.startsWith(before) || !id.endsWith(after ?? between)) return undefined
  const rest = id.slice(before.length, id.length - (after ?? between).length)
  if (after === undefined) return nonEmpty(rest)
  const end = rest.lastIndexOf(between)
  return end < 1 || end + between.length >= rest.length ? undefined : rest.slice(0, end)
}

/** The beginning of the ids of all records of a document. */
export function idPrefixOf(pattern: string, documentId: string): string {
  const { before, between } = partsOf(pattern)
  return `${before}${documentId}${between}`
}

/** The values of a field that name a document: numbers are kept as numbers by the store. */
export function namesOf(documentId: string): readonly (string | number)[] {
  return String(Number(documentId)) === documentId ? [documentId, Number(documentId)] : [documentId]
}

function nameIn(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? nonEmpty(value) : undefined
}

function nonEmpty(text: string): string | undefined {
  return text === '' ? undefined : text
}

function partsOf(pattern: string): PatternParts {
  const [before = '', rest = ''] = pattern.split('{document}')
  const [between = '', after] = rest.split('{chunk}')
  return { before, between, after }
}

/** The one character that Postgres keeps in no text; no group's name has it. */
export const noText = '\0'

/** The groups that a record lists; null: everyone in the tenant. What is no list of groups is seen by nobody. */
export function groupsIn(
  metadata: Readonly<Record<string, unknown>> | undefined,
  visibilityField: string,
): readonly string[] | null {
  const groups = metadata?.[visibilityField]
  if (groups === undefined) return null
  const list: readonly unknown[] = Array.isArray(groups) ? groups : [groups]
  return list.filter((group) => typeof group === 'string').filter((group) => !group.includes(noText))
}

/** The groups that see what two parts of a document show. */
export function seenBoth(one: readonly string[] | null, other: readonly string[] | null): readonly string[] | null {
  if (one === null) return other
  return other === null ? one : one.filter((group) => other.includes(group))
}
