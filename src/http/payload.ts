import { AppError } from '../errors.ts'
import { namesPlace } from './claimed-place.ts'
import { checkContentType, readBytes } from './read-body.ts'
import type { Payload } from './route.ts'

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
  let form: FormData
  try {
    form = await new Response(Buffer.from(bytes), { headers: { 'content-type': contentType } }).formData()
  } catch (cause) {
    throw new AppError('invalid_request', 'The body is not multipart/form-data, or it breaks off.', { cause })
  }
  if (onPlacesNamed === undefined) return form
  const named = [...new Set(form.keys())].filter(namesPlace)
  for (const name of named) form.delete(name)
  if (named.length > 0) onPlacesNamed(named)
  return form
}
