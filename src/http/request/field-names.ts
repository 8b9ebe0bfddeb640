import { distance } from 'fastest-levenshtein'
import { z } from 'zod'
import { unwrapped } from './unwrapped.ts'

/**
 * The top-level names of an object schema; undefined when it accepts any name (a record, a loose object), so that
 * nothing counts as unknown.
 */
export function fieldNames(given: z.ZodType): ReadonlySet<string> | undefined {
  const schema = unwrapped(given)
  if (schema instanceof z.ZodObject) {
    const rest: unknown = schema.def.catchall
    return rest === undefined || rest instanceof z.ZodNever ? new Set(Object.keys(schema.shape)) : undefined
  }
  if (schema instanceof z.ZodUnion) return union(schema.options.map((option) => fieldNames(option as z.ZodType)))
  if (schema instanceof z.ZodIntersection) {
    return union([fieldNames(schema.def.left as z.ZodType), fieldNames(schema.def.right as z.ZodType)])
  }
  return schema instanceof z.ZodLazy ? fieldNames(schema.unwrap() as z.ZodType) : undefined
}

function union(sets: readonly (ReadonlySet<string> | undefined)[]): ReadonlySet<string> | undefined {
  const all = new Set<string>()
  for (const set of sets) {
    if (set === undefined) return undefined
    for (const name of set) all.add(name)
  }
  return all
}

/** A hint for an unknown name. */
export function hintFor(name: string, known: ReadonlySet<string>): string {
  const plain = (text: string) => text.toLowerCase().replace(/[_-]/g, '')
  const near = [...known].find(
    (other) => distance(plain(name.slice(0, 100)), plain(other)) <= (other.length > 4 ? 2 : 1),
  )
  if (near !== undefined) return `unknown field; did you mean \`${near}\`?`
  return known.size === 0
    ? 'unknown field; none is accepted here'
    : `unknown field; there are ${[...known].map((other) => `\`${other}\``).join(', ')}`
}
