/** The part of JSON Schema that zod writes. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly format?: string
  readonly description?: string
  readonly default?: unknown
  readonly example?: unknown
  readonly examples?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly maxItems?: number
  readonly minItems?: number
  readonly maxLength?: number
}

type Parts = Readonly<Record<string, Schema>>

/** Nesting limit: schemas of filters and trees refer to themselves. */
const depthMax = 6

/** A schema in TypeScript notation, with limits and descriptions as comments. */
export function schemaText(schema: Schema, parts: Parts, indent = '', depth = 0): string {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1) ?? ''
    const part = parts[name]
    return part === undefined || depth > 3 ? name : schemaText(part, parts, indent, depth + 1)
  }
  const within = (each: Schema) => schemaText(each, parts, indent, depth + 1)
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return choices.map(within).join(' | ')
  if (schema.allOf !== undefined) return schema.allOf.map(within).join(' & ')
  if (schema.properties !== undefined) return depth > depthMax ? '{…}' : objectText(schema, parts, indent, depth)
  if (schema.type === 'array') return `${schema.items === undefined ? 'unknown' : bracket(within(schema.items))}[]`
  if (schema.type === 'object') {
    const rest = schema.additionalProperties
    return typeof rest === 'object' ? `{ [name]: ${within(rest)} }` : 'object'
  }
  return Array.isArray(schema.type) ? schema.type.join(' | ') : String(schema.type ?? 'any')
}

function bracket(text: string): string {
  return text.includes(' | ') ? `(${text})` : text
}

function objectText(schema: Schema, parts: Parts, indent: string, depth: number): string {
  const inner = `${indent}  `
  const lines = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const mark = schema.required?.includes(name) ? '' : '?'
    const said = notes(property)
    return `${inner}${name}${mark}: ${schemaText(property, parts, inner, depth + 1)}${said === '' ? '' : `  // ${said}`}`
  })
  return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${indent}}`
}

function notes(schema: Schema): string {
  const range = [schema.minimum, schema.maximum].some((bound) => bound !== undefined && Math.abs(bound) < 1e15)
  return [
    schema.description?.replace(/\.$/, ''),
    schema.default !== undefined && `default ${JSON.stringify(schema.default)}`,
    range && `${schema.minimum ?? ''}–${schema.maximum ?? ''}`,
    schema.maxItems !== undefined && `at most ${schema.maxItems}`,
    schema.maxLength !== undefined && `at most ${schema.maxLength} characters`,
    schema.format,
  ]
    .filter(Boolean)
    .join('; ')
}

/** A starting value: the schema's own example, or its required fields. */
export function exampleOf(schema: Schema, parts: Parts, depth = 0): unknown {
  const own = schema.example ?? schema.examples?.[0] ?? schema.const ?? schema.enum?.[0] ?? schema.default
  if (own !== undefined) return own
  if (depth > depthMax) return null
  if (schema.$ref !== undefined) {
    const part = parts[schema.$ref.split('/').at(-1) ?? '']
    return part === undefined ? null : exampleOf(part, parts, depth + 1)
  }
  const choice = schema.anyOf?.[0] ?? schema.oneOf?.[0] ?? schema.allOf?.[0]
  if (choice !== undefined) return exampleOf(choice, parts, depth + 1)
  if (schema.properties !== undefined || schema.type === 'object') {
    const wanted = Object.entries(schema.properties ?? {}).filter(([name]) => schema.required?.includes(name))
    return Object.fromEntries(wanted.map(([name, property]) => [name, exampleOf(property, parts, depth + 1)]))
  }
  if (schema.type === 'array') return schema.items === undefined ? [] : [exampleOf(schema.items, parts, depth + 1)]
  if (schema.type === 'integer' || schema.type === 'number') return Math.max(0, schema.minimum ?? 0)
  return schema.type === 'boolean' ? false : '…'
}
