import { z } from 'zod'

interface Limits {
  readonly min: number
  readonly max: number
}

const limits = z.registry<Limits>()

/**
 * A list of numbers, validated in one pass when it is faultless. The schema library allocates two objects per item,
 * which for a vector costs as much as parsing its JSON; a faulty list still takes that path.
 */
export function listOfNumbers({ min, max }: Limits, description: string) {
  const list = plainList({ min, max })
  const { $schema: _, ...shown } = z.toJSONSchema(list)
  return z
    .custom<number[]>()
    .check(({ value, issues }) => {
      if (areNumbers(value) && value.length >= min && value.length <= max) return
      const { error } = list.safeParse(value, { reportInput: true })
      // Without their messages: the caller's words replace the library's.
      for (const { message: __, ...issue } of error?.issues ?? []) issues.push(issue as z.core.$ZodRawIssue)
    })
    .meta({ ...shown, description })
    .register(limits, { min, max })
}

/** The plain list that a schema stands for when `listOfNumbers` made it. */
export function listBehind(schema: z.ZodType): z.ZodArray | undefined {
  const own = limits.get(schema)
  return own && plainList(own)
}

function plainList({ min, max }: Limits) {
  return z.array(z.number()).min(min).max(max)
}

/** Whether it is a list of finite numbers only. */
export function areNumbers(value: unknown): value is readonly number[] {
  if (!Array.isArray(value)) return false
  for (const item of value) if (typeof item !== 'number' || !Number.isFinite(item)) return false
  return true
}
