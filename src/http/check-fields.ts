import { type ZodType, z } from 'zod'
import { AppError, type FieldFault } from '../errors.ts'
import { namesPlace } from './claimed-place.ts'
import { fieldNames, hintFor } from './field-names.ts'

/** More would be said to no one; the rest of a body full of faults is not looked into. */
const faultsMax = 100
/** No list of strict objects may be so long: its schema says so, and its items are not looked at one by one. */
const siftedMax = 1_000

/** Checks one part of a request: body, query or path. Made once a route, so that nothing is looked up per request. */
export type FieldCheck = (input: unknown, onPlaceNamed: ((field: string) => void) | undefined) => unknown

/**
 * @param schema undefined: the part takes no fields at all.
 * @returns a check that gives what the schema makes of the input. Fields that name a tenant or place are dropped and
 *   told to `onPlaceNamed`, where there is one; other unknown fields are refused.
 * @throws (the check) AppError `invalid_request` with every field's fault at once.
 */
export function fieldCheck(schema: ZodType | undefined): FieldCheck {
  const known = schema === undefined ? new Set<string>() : fieldNames(schema)
  const lists = schema === undefined ? [] : strictLists(schema)
  return (input, onPlaceNamed) => {
    const faults: FieldFault[] = []
    let fields = known === undefined && onPlaceNamed === undefined ? input : sift(input, known, onPlaceNamed, faults)
    for (const list of lists) fields = siftList(fields, list, onPlaceNamed, faults)
    const parsed = schema === undefined ? undefined : parse(schema, fields, faults)
    if (faults.length > 0) throw new AppError('invalid_request', sentence(faults), { faults })
    return parsed
  }
}

/** Takes out what is not known, without a copy when there is nothing to take out. */
function sift(
  input: unknown,
  known: ReadonlySet<string> | undefined,
  onPlaceNamed: ((field: string) => void) | undefined,
  faults: FieldFault[],
): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input
  let kept: Record<string, unknown> | undefined
  for (const name of Object.keys(input)) {
    if (known?.has(name)) continue
    if (onPlaceNamed !== undefined && namesPlace(name)) onPlaceNamed(name)
    else if (known === undefined) continue
    else if (faults.length < faultsMax) faults.push({ path: name.slice(0, 100), message: hintFor(name, known) })
    kept ??= { ...input }
    delete kept[name]
  }
  return kept ?? input
}

interface StrictList {
  readonly name: string
  readonly known: ReadonlySet<string> | undefined
}

/** The fields that are lists of strict objects: what each of these holds is looked at like the fields themselves. */
function strictLists(schema: ZodType): readonly StrictList[] {
  if (!(schema instanceof z.ZodObject)) return []
  return Object.entries(schema.shape).flatMap(([name, field]) => {
    const item = field instanceof z.ZodArray ? field.element : undefined
    const strict = item instanceof z.ZodObject && item.def.catchall instanceof z.ZodNever
    return strict ? [{ name, known: fieldNames(item) }] : []
  })
}

function siftList(
  fields: unknown,
  { name, known }: StrictList,
  onPlaceNamed: ((field: string) => void) | undefined,
  faults: FieldFault[],
): unknown {
  if (typeof fields !== 'object' || fields === null) return fields
  const items: unknown = (fields as Readonly<Record<string, unknown>>)[name]
  if (!Array.isArray(items) || items.length > siftedMax) return fields
  const sifted = items.map((item, at) => {
    const own: FieldFault[] = []
    const kept = sift(item, known, onPlaceNamed, own)
    for (const { path, message } of own) {
      if (faults.length < faultsMax) faults.push({ path: `${name}[${at}].${path}`, message })
    }
    return kept
  })
  return { ...fields, [name]: sifted }
}

function parse(schema: ZodType, input: unknown, faults: FieldFault[]): unknown {
  try {
    const result = schema.safeParse(input)
    if (result.success) return result.data
    for (const issue of result.error.issues) {
      if (faults.length >= faultsMax) break
      collect(issue, faults)
    }
  } catch (error) {
    // A recursive schema (a filter) on input nested thousands deep.
    if (!(error instanceof RangeError)) throw error
    faults.push({ path: 'body', message: 'is nested too deeply' })
  }
  return undefined
}

function collect(issue: z.core.$ZodIssue, faults: FieldFault[]): void {
  const path = pathOf(issue.path)
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys.slice(0, faultsMax))
      faults.push({ path: pathOf([...issue.path, key]), message: 'unknown field' })
  } else {
    faults.push({ path: path === '' ? 'body' : path, message: issue.message })
  }
}

/** As in `filter.$and[0]`. */
function pathOf(path: readonly PropertyKey[]): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else text += text === '' ? String(step) : `.${String(step)}`
  }
  return text
}

function sentence(faults: readonly FieldFault[]): string {
  const [first] = faults
  if (first === undefined) return 'The request is not valid.'
  const rest = faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''
  return `${first.path}: ${first.message}${rest}`
}
