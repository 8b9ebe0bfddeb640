import { type ApiError, invalid } from '../../pinecone-wire/api-error.ts'
import { isObject } from '../../pinecone-wire/body-fields.ts'
import { vendorLimits } from '../../pinecone-wire/limits.ts'

export type LocalMetadataValue = string | number | boolean | readonly string[]
export type LocalMetadata = Readonly<Record<string, LocalMetadataValue>>

function isMetadataValue(value: unknown): value is LocalMetadataValue {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return true
    default:
      return Array.isArray(value) && value.every((item) => typeof item === 'string')
  }
}

/**
 * Validates metadata as the vendor does: flat, with strings, numbers, booleans and lists of strings. Null is refused,
 * as by the vendor.
 *
 * @returns its JSON text, or null where there is none.
 * @throws ApiError 400.
 */
export function metadataJson(value: unknown): string | null {
  if (value === undefined || value === null) return null
  if (!isObject(value)) throw invalid(`metadata: expected an object, got ${JSON.stringify(value)}`)
  const entries: [string, LocalMetadataValue][] = []
  for (const [key, item] of Object.entries(value)) {
    if (key.startsWith('$')) throw invalid(`Metadata keys cannot start with '$', got '${key}'`)
    if (!isMetadataValue(item)) throw badValue(key, item)
    entries.push([key, item])
  }
  if (entries.length === 0) return null
  const text = JSON.stringify(Object.fromEntries(entries))
  checkMetadataSize(text)
  return text
}

/** @throws ApiError 400 above 40 KB, the limit of a record. */
export function checkMetadataSize(text: string): void {
  // A UTF-16 unit is at most three bytes, so short texts need no measuring.
  if (text.length * 3 <= vendorLimits.metadataBytes) return
  const bytes = Buffer.byteLength(text)
  if (bytes > vendorLimits.metadataBytes) {
    throw invalid(
      `metadata size is ${bytes} bytes, which exceeds the limit of ${vendorLimits.metadataBytes} bytes per vector`,
    )
  }
}

export function parseMetadata(text: string | null): LocalMetadata {
  return text === null ? {} : (JSON.parse(text) as LocalMetadata)
}

/** Fields of `changes` replace those of the same name; the rest stays. */
export function mergeMetadata(current: string | null, changes: string | null): string | null {
  if (changes === null) return current
  if (current === null) return changes
  return JSON.stringify({ ...parseMetadata(current), ...parseMetadata(changes) })
}

function badValue(key: string, value: unknown): ApiError {
  const text = JSON.stringify(value)
  const shown = text.length > 60 ? `${text.slice(0, 60)}...` : text
  return invalid(
    `Metadata value must be a string, number, boolean or list of strings, got '${shown}' for field '${key}'`,
  )
}
