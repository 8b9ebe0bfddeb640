import { invalid } from '../shapes/api-error.ts'
import { isObject } from '../shapes/body-fields.ts'
import { localLimits } from '../shapes/limits.ts'

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
    if (!/^[A-Za-z0-9_-]+$/.test(key) || key.length > localLimits.tagKeyLength) {
      throw invalid(
        `Tag keys must be alphanumeric, '_' or '-', of at most ${localLimits.tagKeyLength} characters, got '${key}'`,
      )
    }
    if (typeof value !== 'string' || !/^[\x20-\x7e]*$/.test(value) || value.length > localLimits.tagValueLength) {
      throw invalid(
        `The value of tag ${key} must be printable ASCII of at most ${localLimits.tagValueLength} characters`,
      )
    }
    if (value === '') merged.delete(key)
    else merged.set(key, value)
  }
  if (merged.size > localLimits.tags) throw invalid(`An index may have at most ${localLimits.tags} tags`)
  return merged.size === 0 ? null : Object.fromEntries(merged)
}
