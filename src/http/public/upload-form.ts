import type { z } from 'zod'
import { FaultList } from '../../fault-list.ts'
import type { UploadInput } from '../../ingest/check-upload.ts'
import { judgeBytes } from '../request/body-shape.ts'
import { faultWords } from '../request/fault-words.ts'
import type { Form } from '../request/form.ts'
import { siftOf } from '../request/sift.ts'
import { refuseUnstorable } from '../request/unstorable.ts'
import { chunking, documentMetadata, source } from './document-fields.ts'

/** Descriptions of the form fields beside `file`, for the OpenAPI document. */
export const formFields = {
  source: 'Where it comes from; without it the file’s name.',
  metadata: 'An object as JSON, as in `{"department":"support"}`.',
  chunking: 'An object as JSON, as in `{"strategy":"sentences","tokens":128}`.',
} as const

const jsonFields = { metadata: documentMetadata, chunking } as const

/**
 * The files of a form, each with the other fields' values.
 * @param fields permitted names beside `file`.
 * @throws AppError `invalid_request` with every field's fault.
 */
export function uploadsOf(form: Form, fields: readonly string[]): readonly UploadInput[] {
  const faults = new FaultList()
  const fault: OnFault = (path, message) => faults.add(path, message)
  const said: Record<string, unknown> = {}
  for (const [name, values] of Map.groupBy(form.texts, ({ name }) => name)) {
    const [{ value } = { value: '' }] = values
    if (name === 'file') fault(name, 'must be a file, with a filename')
    else if (!fields.includes(name)) fault(name, `unknown field; there are file, ${fields.join(', ')}`)
    else if (values.length > 1) fault(name, 'must be one text')
    else if (name === 'metadata' || name === 'chunking') said[name] = jsonField(value, name, faults)
    else said[name] = name === 'source' ? checked(value, source, name, fault) : value
  }
  for (const { field } of form.files) {
    if (fields.includes(field)) fault(field, 'must be one text')
    else if (field !== 'file') fault(field, `unknown field; there are file, ${fields.join(', ')}`)
  }
  if (form.files.length === 0) fault('file', 'is missing')
  faults.check()
  return form.files.map(({ name, contentType, bytes }) => ({
    ...said,
    content: bytes,
    ...(name !== '' && { name }),
    ...(contentType !== undefined && { contentType }),
  }))
}

type OnFault = (path: string, message: string) => void

const sifts = { metadata: siftOf(jsonFields.metadata), chunking: siftOf(jsonFields.chunking) } as const

/** Unknown fields inside are faults, as in a JSON body: dropping one would do something else than it asks for. */
function jsonField(text: string, name: keyof typeof jsonFields, faults: FaultList): unknown {
  const fault: OnFault = (path, message) => faults.add(path, message)
  judgeBytes(Buffer.from(text))
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    fault(name, 'is not JSON')
    return undefined
  }
  refuseUnstorable(text, value)
  return checked(sifts[name](value, undefined, faults, `${name}.`), jsonFields[name], name, fault)
}

function checked(value: unknown, schema: z.ZodType, name: string, fault: OnFault): unknown {
  const result = schema.safeParse(value, { error: faultWords })
  if (result.success) return result.data
  for (const issue of result.error.issues) fault([name, ...issue.path].join('.'), issue.message)
  return undefined
}
