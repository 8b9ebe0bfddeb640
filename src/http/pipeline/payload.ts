import { MIMEType } from 'node:util'
import { AppError } from '../../errors.ts'
import type { OnPlaceNamed } from '../request/check-fields.ts'
import { namesPlace } from '../request/claimed-place.ts'
import { refuseUnstorableText } from '../request/unstorable.ts'
import type { Exchange } from './exchange.ts'
import { checkContentType, readBytes } from './read-body.ts'
import type { Payload } from './route.ts'
import type { Transfers } from './transfers.ts'

/** A form is taken apart in one go, and more slowly with each field: that must not hold up everyone else. */
const partsMax = 500

/**
 * A body that is not JSON, read whole within the limit.
 * @param onPlacesNamed told once, when a form named places; what it throws refuses the form.
 * @throws AppError `unsupported_media_type`, `payload_too_large`
 */
export async function readPayload(
  exchange: Exchange,
  contentTypes: readonly string[],
  { limitBytes, bodies }: { readonly limitBytes: number; readonly bodies: Transfers },
  onPlaceNamed: OnPlaceNamed | undefined,
  onPlacesNamed: () => void,
): Promise<Payload> {
  const { headers } = exchange
  const contentType = checkContentType(headers, contentTypes)
  const header = headers.get('content-type') ?? contentType
  const bytes = await readBytes(exchange, limitBytes, bodies)
  const form = async () => {
    const fields = await parseForm(bytes, header)
    if (onPlaceNamed === undefined) return fields
    const named = [...new Set(fields.keys())].filter(namesPlace)
    for (const name of named) {
      onPlaceNamed(name, fields.getAll(name))
      fields.delete(name)
    }
    if (named.length > 0) onPlacesNamed()
    return fields
  }
  return { contentType, bytes, form }
}

async function parseForm(bytes: Uint8Array, contentType: string): Promise<FormData> {
  refuseManyParts(bytes, contentType)
  let form: FormData
  try {
    form = await new Response(Buffer.from(bytes), { headers: { 'content-type': contentType } }).formData()
  } catch (cause) {
    throw new AppError('invalid_request', 'The body is not multipart/form-data, or it breaks off.', { cause })
  }
  for (const [name, value] of form)
    refuseUnstorableText('The form', name, typeof value === 'string' ? value : value.name)
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
