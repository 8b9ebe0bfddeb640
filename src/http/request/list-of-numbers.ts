import { z } from 'zod'

/**
 * A list of numbers, validated in one pass when it is faultless. The schema library allocates two objects per item,
 * which for a vector costs as much as parsing its JSON; a faulty list still takes that path.
 */
export function listOfNumbers({ min, max }: { readonly min: number; readonly max: number }, description: string) {
  const schema = z.array(z.number()).min(min).max(max).describe(description)
  const { parse } = schema._zod
  schema._zod.parse = (payload, context) => (areNumbers(payload.value) ? payload : parse(payload, context))
  return schema
}

/** Whether it is a list of finite numbers only. */
export function areNumbers(value: unknown): boolean {
  if (!Array.isArray(value)) return false
  for (const item of value) if (typeof item !== 'number' || !Number.isFinite(item)) return false
  return true
}
