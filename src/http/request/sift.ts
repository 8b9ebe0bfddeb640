import { z } from 'zod'
import type { FaultList } from '../../fault-list.ts'
import { fieldNames, hintFor } from './field-names.ts'
import { unwrapped } from './unwrapped.ts'

/** Longest list of objects: its schema limits it, and the items of a longer one are not searched. */
const siftedMax = 1_000
/** Known names per object, at most. */
const namesMax = 1_000

/** Receives each unknown name; returns whether it names a tenant or place, and is dropped. */
export type FindPlace = (field: string, value: unknown) => boolean

/** Removes unknown fields of a part of a request, at every level where its schema has an object. */
export type Sift = (input: unknown, findPlace: FindPlace | undefined, faults: FaultList, prefix: string) => unknown

/** @param schema undefined: no field is known. */
export function siftOf(schema: z.ZodType | undefined): Sift {
  if (schema === undefined) return siftObject(new Set(), true, [])
  const known = fieldNames(schema)
  return siftObject(known ?? new Set(), known !== undefined, partsOf(schema))
}

interface Part {
  readonly name: string
  readonly sift: Sift
}

/**
 * @param isClosed unknown fields are faults; else the schema decides, and only names of places are removed.
 * @returns the input itself when there is nothing to remove.
 */
function siftObject(known: ReadonlySet<string>, isClosed: boolean, parts: readonly Part[]): Sift {
  return (input, findPlace, faults, prefix) => {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) return input
    if (!isClosed && findPlace === undefined) return input
    const fields = input as Readonly<Record<string, unknown>>
    const names = Object.keys(fields)
    if (names.length > namesMax) {
      faults.add(prefix === '' ? 'body' : prefix.slice(0, -1), `has ${names.length} fields; send only known ones`)
      return {}
    }
    let kept: Record<string, unknown> | undefined
    for (const name of names) {
      if (known.has(name)) continue
      if (findPlace?.(name, fields[name]) !== true) {
        if (!isClosed) continue
        if (!faults.isFull) faults.add(`${prefix}${name.slice(0, 100)}`, hintFor(name, known))
      }
      kept ??= { ...fields }
      delete kept[name]
    }
    for (const { name, sift } of parts) {
      const value = fields[name]
      if (value === undefined) continue
      const sifted = sift(value, findPlace, faults, `${prefix}${name}.`)
      if (sifted === value) continue
      kept ??= { ...fields }
      kept[name] = sifted
    }
    return kept ?? input
  }
}

function siftList(sift: Sift): Sift {
  return (input, findPlace, faults, prefix) => {
    if (!Array.isArray(input) || input.length > siftedMax) return input
    const path = prefix.slice(0, -1)
    const sifted = input.map((item, at) => sift(item, findPlace, faults, `${path}[${at}].`))
    return sifted.every((item, at) => item === input[at]) ? input : sifted
  }
}

/**
 * The fields that hold objects, or lists of them. Records, such as metadata and filters, have names of the caller's
 * own.
 */
function partsOf(given: z.ZodType): readonly Part[] {
  const objects = objectsOf(given)
  return objects.flatMap(({ shape }) =>
    Object.entries(shape).flatMap(([name, field]) => {
      const sift = partSift(field as z.ZodType)
      return sift === undefined ? [] : [{ name, sift }]
    }),
  )
}

function partSift(given: z.ZodType): Sift | undefined {
  const schema = unwrapped(given)
  if (schema instanceof z.ZodArray) {
    const item = partSift(schema.element as z.ZodType)
    return item && siftList(item)
  }
  const objects = objectsOf(schema)
  if (objects.length === 0) return undefined
  const known = new Set(objects.flatMap(({ shape }) => Object.keys(shape)))
  const isClosed = objects.every(({ def }) => def.catchall instanceof z.ZodNever)
  return siftObject(known, isClosed, partsOf(schema))
}

/** The shapes that an object may have. */
function objectsOf(given: z.ZodType): readonly z.ZodObject[] {
  const schema = unwrapped(given)
  if (schema instanceof z.ZodObject) return [schema]
  return schema instanceof z.ZodUnion ? schema.options.flatMap((option) => objectsOf(option as z.ZodType)) : []
}
