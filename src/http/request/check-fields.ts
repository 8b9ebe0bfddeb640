import type { ZodType, z } from 'zod'
import { FaultList } from '../../fault-list.ts'
import { boundsOf } from './bounds.ts'
import { faultWords } from './fault-words.ts'
import { type FindPlace, siftOf } from './sift.ts'

/** Checks one part of a request: body, query or path. It is built once per route, so that requests look nothing up. */
export type FieldCheck = (input: unknown, findPlace: FindPlace | undefined) => unknown

/**
 * @param schema undefined: the part takes no fields at all.
 * @returns a check that returns the schema's output. Fields that name a tenant or place are dropped and reported to
 *   `findPlace`, if given; other unknown fields are refused.
 * @throws (the check) AppError `invalid_request` with up to ten faults at once.
 */
export function fieldCheck(schema: ZodType | undefined): FieldCheck {
  const sift = siftOf(schema)
  const bounds = schema === undefined ? undefined : boundsOf(schema)
  return (input, findPlace) => {
    const faults = new FaultList()
    const fields = sift(input, findPlace, faults, '')
    const before = faults.count
    bounds?.(fields, '', faults)
    const parsed = schema === undefined || faults.count > before ? undefined : parse(schema, fields, faults)
    faults.check()
    return parsed
  }
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

/** A path as in `filter.$and[0]`. */
function pathOf(path: readonly PropertyKey[]): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else text += text === '' ? String(step).slice(0, 100) : `.${String(step).slice(0, 100)}`
  }
  return text
}
