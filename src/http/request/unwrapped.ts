import { z } from 'zod'
import { listBehind } from './list-of-numbers.ts'

/** The schema without its optional, default and transform wrappers. */
export function unwrapped(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodPipe) {
    const first = schema.def.in as z.ZodType
    return unwrapped(first instanceof z.ZodTransform ? (schema.def.out as z.ZodType) : first)
  }
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly
  ) {
    return unwrapped(schema.unwrap() as z.ZodType)
  }
  return listBehind(schema) ?? schema
}
