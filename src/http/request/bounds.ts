import { z } from 'zod'
import type { FaultList } from '../../fault-list.ts'
import { faultWords } from './fault-words.ts'
import { areNumbers } from './list-of-numbers.ts'
import { unwrapped } from './unwrapped.ts'

/** Fields of a record with names that the caller chooses, such as metadata. */
const recordMax = 1_000

/** Checks lists and records before their schema does: a schema reports a fault per item, this stops at ten. */
export type Bounds = (value: unknown, path: string, faults: FaultList) => void

/**
 * The bounds of a schema with lists or records.
 * @throws Error for a list without a maximum, which would permit a body of any length.
 */
export function boundsOf(given: z.ZodType): Bounds | undefined {
  const schema = unwrapped(given)
  if (schema instanceof z.ZodObject) return ofObject(schema)
  if (schema instanceof z.ZodArray) return ofList(schema)
  if (schema instanceof z.ZodRecord) return ofRecord(schema)
  if (schema instanceof z.ZodUnion) return ofUnion(schema)
  return undefined
}

function ofObject(schema: z.ZodObject): Bounds | undefined {
  const parts = Object.entries(schema.shape).flatMap(([name, field]) => {
    const bounds = boundsOf(field as z.ZodType)
    return bounds === undefined ? [] : [{ name, bounds }]
  })
  if (parts.length === 0) return undefined
  return (value, path, faults) => {
    if (!isRecord(value)) return
    for (const { name, bounds } of parts) {
      const field = value[name]
      if (field !== undefined && !faults.isFull) bounds(field, path === '' ? name : `${path}.${name}`, faults)
    }
  }
}

function ofList(schema: z.ZodArray): Bounds {
  const maximum = checksOf(schema).find(({ check }) => check === 'max_length')?.maximum
  if (maximum === undefined) throw new Error('a list of a request needs a maximum')
  const judge = itemJudge(schema.element as z.ZodType)
  const takesAllNumbers = quickTest(unwrapped(schema.element as z.ZodType)) === isNumber
  return (value, path, faults) => {
    if (!Array.isArray(value)) return
    if (value.length > maximum) {
      faults.add(path, `has ${value.length} items; send at most ${maximum}`)
      return
    }
    if (takesAllNumbers && areNumbers(value)) return
    for (let at = 0; at < value.length && !faults.isFull; at += 1) judge(value[at], path, faults, at)
  }
}

function ofRecord(schema: z.ZodRecord): Bounds {
  const judge = itemJudge(schema.valueType as z.ZodType)
  return (value, path, faults) => {
    if (!isRecord(value)) return
    const names = Object.keys(value)
    if (names.length > recordMax) {
      faults.add(path, `has ${names.length} fields; send at most ${recordMax}`)
      return
    }
    for (const name of names) {
      if (faults.isFull) return
      judge(value[name], path, faults, name)
    }
  }
}

/** Checks the option whose kind is the value's. */
function ofUnion(schema: z.ZodUnion): Bounds | undefined {
  const options = schema.options.map((option) => unwrapped(option as z.ZodType))
  const list = options.find((option) => option instanceof z.ZodArray)
  const record = options.find((option) => option instanceof z.ZodObject || option instanceof z.ZodRecord)
  const ofLists = list && boundsOf(list)
  const ofRecords = record && boundsOf(record)
  if (ofLists === undefined && ofRecords === undefined) return undefined
  return (value, path, faults) => (Array.isArray(value) ? ofLists : ofRecords)?.(value, path, faults)
}

type ItemJudge = (item: unknown, path: string, faults: FaultList, at: string | number) => void

function itemJudge(given: z.ZodType): ItemJudge {
  const schema = unwrapped(given)
  const bounds = boundsOf(schema)
  if (bounds === undefined && schema instanceof z.ZodUnknown) return () => undefined
  const isPlainlyGood = quickTest(schema)
  return (item, path, faults, at) => {
    if (isPlainlyGood?.(item)) return
    const own = typeof at === 'number' ? `${path}[${at}]` : `${path}.${at}`
    const before = faults.count
    bounds?.(item, own, faults)
    if (faults.count > before || (bounds !== undefined && isContainer(item))) return
    const issue = schema.safeParse(item, { error: faultWords }).error?.issues[0]
    if (issue !== undefined) faults.add(own, issue.message)
  }
}

/** A check of a schema, in the library's form. */
interface Check {
  readonly check: string
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly value?: number
  readonly inclusive?: boolean
}

function checksOf(schema: z.ZodType): readonly Check[] {
  const { checks = [], ...own } = schema.def as { checks?: readonly { _zod: { def: Check } }[] } & Partial<Check>
  const added = checks.map((each) => each._zod.def)
  return own.check === undefined ? added : [{ ...own, check: own.check }, ...added]
}

/** A cheap test for plain kinds, of which there may be millions; undefined: ask the schema. */
function quickTest(schema: z.ZodType): ((value: unknown) => boolean) | undefined {
  const checks = checksOf(schema)
  if (schema instanceof z.ZodNumber) {
    if (!checks.every(isPlainOfNumbers)) return undefined
    if (checks.length === 0) return isNumber
    return (value) => isNumber(value) && checks.every((each) => holds(each, value))
  }
  if (schema instanceof z.ZodString) {
    if (!checks.every(({ check }) => check === 'min_length' || check === 'max_length')) return undefined
    return (value) => typeof value === 'string' && checks.every((each) => holds(each, value.length))
  }
  if (schema instanceof z.ZodUnion) {
    const tests = schema.options.flatMap((option) => quickTest(unwrapped(option as z.ZodType)) ?? [])
    return (value) => tests.some((test) => test(value))
  }
  return undefined
}

/** Narrows the type; Number.isFinite is false for everything but numbers. */
function isNumber(value: unknown): value is number {
  return Number.isFinite(value)
}

function isPlainOfNumbers({ check, format }: Check): boolean {
  return check === 'greater_than' || check === 'less_than' || (check === 'number_format' && format === 'safeint')
}

function holds({ check, minimum, maximum, value = 0, inclusive }: Check, size: number): boolean {
  switch (check) {
    case 'min_length':
      return size >= (minimum ?? 0)
    case 'max_length':
      return size <= (maximum ?? 0)
    case 'greater_than':
      return inclusive ? size >= value : size > value
    case 'less_than':
      return inclusive ? size <= value : size < value
    default:
      return Number.isSafeInteger(size)
  }
}

function isContainer(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return isContainer(value) && !Array.isArray(value)
}
