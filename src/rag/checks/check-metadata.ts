import type { FaultList } from '../../fault-list.ts'
import { isReserved, metadataBytes, reservedWords } from '../../stores/reserved.ts'
import type { Metadata, MetadataValue } from '../../stores/store.ts'

/** A chunk's own fields beside the document's metadata. */
const chunkKeys: ReadonlySet<string> = new Set(['text', 'documentId', 'source', 'chunk'])

export interface MetadataRule {
  /** A document's metadata shares its records with the chunks' own fields; a raw record's stands alone. */
  readonly of: 'document' | 'record'
  readonly bytesMax: number
  /** The field that lists groups; default `visibility`. */
  readonly visibility?: string
}

/**
 * Validates a caller's metadata: flat, of the store's types, without reserved names. `visibility` decides who reads, so
 * it must be a list of groups that cannot be misread: never empty, never a bare word.
 */
export function checkMetadata(value: unknown, path: string, rule: MetadataRule, faults: FaultList): Metadata {
  if (value === undefined) return {}
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    faults.add(path, 'must be an object of names and values, as in {"year": 2020}')
    return {}
  }
  for (const [key, item] of Object.entries(value)) {
    if (faults.isFull) return {}
    const fault = keyFault(key, rule) ?? valueFault(key, item, rule)
    if (fault !== undefined) faults.add(`${path}.${key}`, fault)
  }
  if (metadataBytes(value as Metadata) > rule.bytesMax)
    faults.add(path, `is larger than ${rule.bytesMax} bytes as JSON`)
  return value as Metadata
}

/** The groups of a record or document; undefined: everyone in the tenant. */
export function visibilityOf(metadata: Metadata): readonly string[] | undefined {
  const { visibility } = metadata
  return Array.isArray(visibility) ? visibility : undefined
}

/** The rule of `narrowed` for records fetched by id, where the store takes no filter. */
export function isVisible(metadata: Metadata, groups: readonly string[], fields: readonly string[]): boolean {
  return fields.every((field) => {
    const { [field]: visibility } = metadata
    if (visibility === undefined) return true
    if (Array.isArray(visibility)) return visibility.some((group: string) => groups.includes(group))
    return typeof visibility === 'string' && groups.includes(visibility)
  })
}

function keyFault(key: string, rule: MetadataRule): string | undefined {
  if (key === '') return 'a name must not be empty'
  if (key.startsWith('$')) return 'names must not begin with $'
  if (isReserved(key)) return reservedWords
  return rule.of === 'document' && chunkKeys.has(key) ? 'this name is taken by the chunk itself' : undefined
}

function valueFault(
  key: string,
  value: unknown,
  { visibility = 'visibility' }: Pick<MetadataRule, 'visibility'>,
): string | undefined {
  if (key === visibility) {
    return isStrings(value) && value.length > 0
      ? undefined
      : 'must be a list of one group or more; leave it out to let all of the tenant see this'
  }
  if (isValue(value)) return undefined
  const rule = 'must be a string, number, boolean or list of strings'
  if (value === null) return `${rule}; leave out fields without a value`
  return Array.isArray(value) || typeof value !== 'object' ? rule : `${rule}; write what is nested as names like a_b`
}

function isValue(value: unknown): value is MetadataValue {
  if (typeof value === 'number') return Number.isFinite(value)
  return typeof value === 'string' || typeof value === 'boolean' || isStrings(value)
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
