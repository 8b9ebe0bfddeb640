import fc from 'fast-check'

/** A JSON Schema as OpenAPI 3.1 has it. */
export type Schema = {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly maxItems?: number
}
export type Schemas = Readonly<Record<string, Schema>>

/** Strings that have broken parsers, stores, logs and pages. */
const oddStrings = [
  '',
  ' ',
  '\u0000',
  '\ud800',
  '‮',
  '﻿',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  '%00',
  "'; drop table tenants; --",
  '$\u007bjndi:ldap://127.0.0.1/a}',
  '<script>alert(1)</script>',
  '_tr_canary_1_0',
  'tenant_other_g1',
  '9'.repeat(400),
  'a'.repeat(70_000),
  '🜁'.repeat(300),
  '{"$or":[{}]}',
  '1e309',
  '-0',
]
const oddNumbers = [-1, -0, 0.1, 1e21, 2 ** 31, 2 ** 53, -(2 ** 63), 1.7976931348623157e308, Number.MIN_VALUE]
const deep = (depth: number): unknown => (depth === 0 ? {} : { $and: [deep(depth - 1)] })
const pollution = JSON.parse('{"__proto__": {"isAdmin": true}, "constructor": {"prototype": {"isAdmin": true}}}')
const odd = fc.oneof(
  fc.constantFrom(...oddStrings),
  fc.constantFrom(...oddNumbers),
  fc.constantFrom<unknown>(null, true, [], {}, [[]], [null], pollution, deep(40), deep(300)),
  fc.jsonValue({ maxDepth: 3 }),
)

/** Values of the schema, with something odd in the place of one in eight of their parts. */
export function arbitraryOf(schema: Schema, schemas: Schemas, depth = 0): fc.Arbitrary<unknown> {
  const right = rightValue(schema, schemas, depth)
  return fc.oneof({ weight: 7, arbitrary: right }, { weight: 1, arbitrary: odd })
}

function rightValue(schema: Schema, schemas: Schemas, depth: number): fc.Arbitrary<unknown> {
  if (depth > 5) return odd
  const of = (one: Schema) => arbitraryOf(one, schemas, depth + 1)
  if (schema.$ref !== undefined) return of(schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {})
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  const several = schema.anyOf ?? schema.oneOf ?? schema.allOf
  if (several !== undefined && several.length > 0) return fc.oneof(...several.map(of))
  const type = typeof schema.type === 'object' ? schema.type[0] : schema.type
  switch (type) {
    case 'string':
      return fc.string({ minLength: schema.minLength ?? 0, maxLength: Math.min(schema.maxLength ?? 40, 200) })
    case 'integer':
    case 'number': {
      const min = Math.max(schema.minimum ?? -1_000, -1_000_000)
      const max = Math.min(schema.maximum ?? 1_000, 1_000_000)
      return type === 'integer' ? fc.integer({ min, max }) : fc.double({ min, max, noNaN: true })
    }
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return fc.array(of(schema.items ?? {}), { maxLength: Math.min(schema.maxItems ?? 6, 6) })
    case 'object': {
      const fields = Object.entries(schema.properties ?? {}).map(([name, one]) => [name, of(one)] as const)
      const named = fc.record(Object.fromEntries(fields), { requiredKeys: [...(schema.required ?? [])] })
      const more = fc.dictionary(fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom(...oddStrings)), odd, {
        maxKeys: 1,
      })
      return fc.tuple(named, more, fc.nat(9)).map(([value, rest, turn]) => (turn === 0 ? { ...rest, ...value } : value))
    }
    default:
      return odd
  }
}
