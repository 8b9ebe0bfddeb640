import { type ZodType, z } from 'zod'
import { FaultList } from '../../fault-list.ts'
import { boundsOf } from './bounds.ts'
import { namesPlace } from './claimed-place.ts'
import { faultWords } from './fault-words.ts'
import { fieldNames, hintFor } from './field-names.ts'

/** No list of objects is longer: its schema says so, and the items of a longer one are not looked at one by one. */
const siftedMax = 1_000
/** No object has more fields with names of ours. */
const namesMax = 1_000

export type OnPlaceNamed = (field: string, value: unknown) => void

/** Checks one part of a request: body, query or path. Made once a route, so that nothing is looked up per request. */
export type FieldCheck = (input: unknown, onPlaceNamed: OnPlaceNamed | undefined) => unknown

/**
 * @param schema undefined: the part takes no fields at all.
 * @returns a check that gives what the schema makes of the input. Fields that name a tenant or place are dropped and
 *   told to `onPlaceNamed`, where there is one; other unknown fields are refused.
 * @throws (the check) AppError `invalid_request` with up to ten faults at once.
 */
export function fieldCheck(schema: ZodType | undefined): FieldCheck {
  const known = schema === undefined ? new Set<string>() : fieldNames(schema)
  const lists = schema === undefined ? [] : listsOfObjects(schema)
  const bounds = schema === undefined ? undefined : boundsOf(schema)
  return (input, onPlaceNamed) => {
    const faults = new FaultList()
    let fields =
      known === undefined && onPlaceNamed === undefined ? input : sift(input, known, onPlaceNamed, faults, '')
    for (const list of lists) fields = siftList(fields, list, onPlaceNamed, faults)
    const before = faults.count
    bounds?.(fields, '', faults)
    const parsed = schema === undefined || faults.count > before ? undefined : parse(schema, fields, faults)
    faults.check()
    return parsed
  }
}

/** Takes out what is not known, without a copy when there is nothing to take out. */
function sift(
  input: unknown,
  known: ReadonlySet<string> | undefined,
  onPlaceNamed: OnPlaceNamed | undefined,
  faults: FaultList,
  prefix: string,
): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input
  const names = Object.keys(input)
  if (names.length > namesMax) {
    faults.add(prefix === '' ? 'body' : prefix.slice(0, -1), `has ${names.length} fields; send those that are known`)
    return {}
  }
  let kept: Record<string, unknown> | undefined
  for (const name of names) {
    if (known?.has(name)) continue
    if (onPlaceNamed !== undefined && namesPlace(name)) {
      onPlaceNamed(name, (input as Readonly<Record<string, unknown>>)[name])
    } else if (known === undefined) continue
    else if (!faults.isFull) faults.add(`${prefix}${name.slice(0, 100)}`, hintFor(name, known))
    kept ??= { ...input }
    delete kept[name]
  }
  return kept ?? input
}

interface ObjectList {
  readonly name: string
  /** Undefined: unknown fields are no fault here; those that name a place are still found. */
  readonly known: ReadonlySet<string> | undefined
}

/** The fields that are lists of objects: each item is looked at like the body itself. */
function listsOfObjects(schema: ZodType): readonly ObjectList[] {
  if (!(schema instanceof z.ZodObject)) return []
  return Object.entries(schema.shape).flatMap(([name, field]) => {
    const list = field instanceof z.ZodOptional ? field.unwrap() : field
    const item = list instanceof z.ZodArray ? list.element : undefined
    if (!(item instanceof z.ZodObject)) return []
    return [{ name, known: item.def.catchall instanceof z.ZodNever ? fieldNames(item) : undefined }]
  })
}

function siftList(
  fields: unknown,
  { name, known }: ObjectList,
  onPlaceNamed: OnPlaceNamed | undefined,
  faults: FaultList,
): unknown {
  if (typeof fields !== 'object' || fields === null) return fields
  if (known === undefined && onPlaceNamed === undefined) return fields
  const items: unknown = (fields as Readonly<Record<string, unknown>>)[name]
  if (!Array.isArray(items) || items.length > siftedMax) return fields
  const sifted = items.map((item, at) => sift(item, known, onPlaceNamed, faults, `${name}[${at}].`))
  return sifted.every((item, at) => item === items[at]) ? fields : { ...fields, [name]: sifted }
}

function parse(schema: ZodType, input: unknown, faults: FaultList): unknown {
  const result = schema.safeParse(input, { error: faultWords })
  if (result.success) return result.data
  for (const issue of result.error.issues) {
    if (faults.isFull) break
    collect(issue, faults)
  }
  return undefined
}

function collect(issue: z.core.$ZodIssue, faults: FaultList): void {
  if (issue.code !== 'unrecognized_keys') {
    const path = pathOf(issue.path)
    faults.add(path === '' ? 'body' : path, issue.message)
    return
  }
  for (const key of issue.keys) {
    if (faults.isFull) return
    faults.add(pathOf([...issue.path, key]), 'unknown field')
  }
}

/** As in `filter.$and[0]`. */
function pathOf(path: readonly PropertyKey[]): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else text += text === '' ? String(step).slice(0, 100) : `.${String(step).slice(0, 100)}`
  }
  return text
}
