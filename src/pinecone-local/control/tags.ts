import { invalid } from '../../pinecone-wire/api-error.ts'
import { isObject } from '../../pinecone-wire/body-fields.ts'
import { vendorLimits } from '../../pinecone-wire/limits.ts'

type Tags = Readonly<Record<string, string>>

/**
 * Sets the given tags and removes those given as ''.
 *
 * @throws ApiError 400.
 */
export function mergeTags(current: Tags | null, change: unknown): Tags | null {
  if (change === undefined || change === null) return current
  if (!isObject(change)) throw invalid('tags: expected an object')
  const merged = new Map(Object.entries(current ?? {}))
  for (const [key, value] of Object.entries(change)) {
    if (!/^[A-Za-z0-9_-]+$/.test(key) || key.length > vendorLimits.tagKeyLength) {
      throw invalid(
        `Tag keys must be alphanumeric, '_' or '-', of at most ${vendorLimits.tagKeyLength} characters, got '${key}'`,
      )
    }
    if (typeof value !== 'string' || !/^[\x20-\x7e]*$/.test(value) || value.length > vendorLimits.tagValueLength) {
      throw invalid(
        `The value of tag ${key} must be printable ASCII of at most ${vendorLimits.tagValueLength} characters`,
      )
    }
    if (value === '') merged.delete(key)
    else merged.set(key, value)
  }
  if (merged.size > vendorLimits.tags) throw invalid(`An index may have at most ${vendorLimits.tags} tags`)
  return merged.size === 0 ? null : Object.fromEntries(merged)
}
