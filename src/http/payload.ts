import { MIMEType } from 'node:util'
import { AppError } from '../errors.ts'
import { namesPlace } from './claimed-place.ts'
import { checkContentType, readBytes } from './read-body.ts'
import type { Payload } from './route.ts'
import { refuseUnstorableText } from './unstorable.ts'

/** A form is taken apart in one go, and more slowly with each field: that must not hold up everyone else. */
const partsMax = 500

/**
 * A body that is not JSON, read whole within the limit.
 * @throws AppError `unsupported_media_type`, `payload_too_large`
 */
export async function readPayload(
  request: Request,
  contentTypes: readonly string[],
  limitBytes: number,
  onPlacesNamed: ((fields: readonly string[]) => void) | undefined,
): Promise<Payload> {
  const contentType = checkContentType(request.headers, contentTypes)
  const header = request.headers.get('content-type') ?? contentType
  const bytes = await readBytes(request, limitBytes)
  return { contentType, bytes, form: () => parseForm(bytes, header, onPlacesNamed) }
}

async function parseForm(
  bytes: Uint8Array,
  contentType: string,
  onPlacesNamed: ((fields: readonly string[]) => void) | undefined,
): Promise<FormData> {
  refuseManyParts(bytes, contentType)
  let form: FormData
  try {
    form = await new Response(Buffer.from(bytes), { headers: { 'content-type': contentType } }).formData()
  } catch (cause) {
    throw new AppError('invalid_request', 'The body is not multipart/form-data, or it breaks off.', { cause })
  }
  for (const [name, value] of form)
    refuseUnstorableText('The form', name, typeof value === 'string' ? value : value.name)
  if (onPlacesNamed === undefined) return form
  const named = [...new Set(form.keys())].filter(namesPlace)
  for (const name of named) form.delete(name)
  if (named.length > 0) onPlacesNamed(named)
  return form
}

function refuseManyParts(bytes: Uint8Array, contentType: string): void {
  const boundary = new MIMEType(contentType).params.get('boundary')
  if (boundary === null || boundary === '') return // no form then, as its parser will say
  const delimiter = `--${boundary}`
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let count = -1 // the last one ends the form
  for (let at = body.indexOf(delimiter); at !== -1; at = body.indexOf(delimiter, at + delimiter.length)) {
    count += 1
    if (count > partsMax) throw new AppError('invalid_request', `The form has more than ${partsMax} parts.`)
  }
}
