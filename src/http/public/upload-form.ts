import type { z } from 'zod'
import { AppError, type FieldFault } from '../../errors.ts'
import type { UploadInput } from '../../ingest/check-upload.ts'
import { judgeBytes } from '../request/body-shape.ts'
import { refuseUnstorable } from '../request/unstorable.ts'
import { chunking, documentMetadata, source } from './document-fields.ts'

/** What the fields of a form beside `file` say, for the OpenAPI document. */
export const formFields = {
  source: 'Where it comes from; without it the file’s name.',
  metadata: 'An object as JSON, as in `{"department":"support"}`.',
  chunking: 'An object as JSON, as in `{"strategy":"sentences","tokens":128}`.',
} as const

/** More than the metadata of a document may take, however it is written. */
const jsonFieldMax = 65_536

const jsonFields = { metadata: documentMetadata, chunking } as const

/**
 * The files of a form, with what its other fields say of all of them.
 * @param fields names that may stand there beside `file`.
 * @throws AppError `invalid_request` with every field's fault.
 */
export async function uploadsOf(form: FormData, fields: readonly string[]): Promise<readonly UploadInput[]> {
  const faults: FieldFault[] = []
  const fault = (path: string, message: string) => {
    if (faults.length < 10) faults.push({ path, message })
  }
  const said: Record<string, unknown> = {}
  for (const name of new Set(form.keys())) {
    if (name === 'file') continue
    const values = form.getAll(name)
    const [value] = values
    if (!fields.includes(name)) fault(name, `unknown field; there are file, ${fields.join(', ')}`)
    else if (values.length > 1 || typeof value !== 'string') fault(name, 'must be one text')
    else if (name === 'metadata' || name === 'chunking') said[name] = jsonField(value, jsonFields[name], name, fault)
    else said[name] = name === 'source' ? checked(value, source, name, fault) : value
  }
  const files = form.getAll('file')
  if (files.length === 0) fault('file', 'is missing')
  const uploads = await Promise.all(
    files.map(async (file): Promise<UploadInput> => {
      if (typeof file === 'string') {
        fault('file', 'must be a file, with a filename')
        return { content: '' }
      }
      const { name, type } = file
      const content = new Uint8Array(await file.arrayBuffer())
      return { ...said, content, ...(name !== '' && { name }), ...(type !== '' && { contentType: type }) }
    }),
  )
  const [first] = faults
  if (first !== undefined) throw new AppError('invalid_request', `${first.path}: ${first.message}`, { faults })
  return uploads
}

type OnFault = (path: string, message: string) => void

function jsonField(text: string, schema: z.ZodType, name: string, fault: OnFault): unknown {
  if (text.length > jsonFieldMax) {
    fault(name, `has ${text.length} characters; send at most ${jsonFieldMax}`)
    return undefined
  }
  judgeBytes(Buffer.from(text))
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    fault(name, 'is not JSON')
    return undefined
  }
  refuseUnstorable(text, value)
  return checked(value, schema, name, fault)
}

function checked(value: unknown, schema: z.ZodType, name: string, fault: OnFault): unknown {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  for (const issue of result.error.issues) fault([name, ...issue.path].join('.'), issue.message)
  return undefined
}
