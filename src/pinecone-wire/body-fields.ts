import { invalid } from './api-error.ts'

export type JsonObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Reads a field as the vendor's protobuf JSON gateway does: `topK` and `top_k` are the same field, null is absent. */
export function field(body: JsonObject, camel: string, snake?: string): unknown {
  const value = body[camel] ?? (snake === undefined ? undefined : body[snake])
  return value ?? undefined
}

export function optionalString(body: JsonObject, camel: string, snake?: string): string | undefined {
  const value = field(body, camel, snake)
  if (value === undefined || typeof value === 'string') return value
  throw invalid(`${camel}: expected a string, got ${JSON.stringify(value)}`)
}

export function optionalBoolean(body: JsonObject, camel: string, snake?: string): boolean {
  const value = field(body, camel, snake)
  if (value === undefined) return false
  if (typeof value === 'boolean') return value
  throw invalid(`${camel}: expected true or false, got ${JSON.stringify(value)}`)
}

/** A whole number within bounds; protobuf JSON also allows it as a string of decimal digits. */
export function wholeNumber(value: unknown, name: string, min: number, max: number): number {
  const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number)) {
    throw invalid(`${name}: expected an integer, got ${JSON.stringify(value)}`)
  }
  if (number < min || number > max) throw invalid(`${name} must be between ${min} and ${max}, got ${number}`)
  return number
}

export function stringList(value: unknown, name: string): string[] {
  if (!Array.isArray(value)) throw invalid(`${name}: expected a list of strings`)
  return value.map((item: unknown) => {
    if (typeof item !== 'string') throw invalid(`${name}: expected a list of strings, got ${JSON.stringify(item)}`)
    return item
  })
}
