import { z } from 'zod'

/**
 * A list of numbers that is looked through in one go where nothing is wrong with it. The schema library makes two objects
 * for each item, which for a vector costs as much as parsing its JSON; a list with a fault still goes its way.
 */
export function listOfNumbers({ min, max }: { readonly min: number; readonly max: number }, description: string) {
  const schema = z.array(z.number()).min(min).max(max).describe(description)
  const { parse } = schema._zod
  schema._zod.parse = (payload, context) => (areNumbers(payload.value) ? payload : parse(payload, context))
  return schema
}

/** Whether it is a list of finite numbers alone. */
export function areNumbers(value: unknown): boolean {
  if (!Array.isArray(value)) return false
  for (const item of value) if (typeof item !== 'number' || !Number.isFinite(item)) return false
  return true
}
