import type { IncomingMessage } from 'node:http'
import { AppError } from '../errors.ts'
import { readIncoming } from './read-incoming.ts'
import { refuseUnstorable } from './unstorable.ts'

export const defaultBodyLimitBytes = 4 * 1024 * 1024

/**
 * The whole body as bytes. The bytes that come are what counts: a `Content-Length` over the limit is refused at once,
 * and one that is missing (chunked) is counted while reading.
 * @param incoming the request as the server has it; absent in `app.request`.
 * @throws AppError `payload_too_large`
 */
export async function readBytes(request: Request, limitBytes: number, incoming?: IncomingMessage): Promise<Uint8Array> {
  const declared = request.headers.get('content-length')
  if (declared !== null && Number(declared) > limitBytes) throw tooLarge(limitBytes)
  if (incoming !== undefined) {
    const bytes = await read(readIncoming(incoming, limitBytes))
    if (bytes === undefined) throw tooLarge(limitBytes)
    return bytes
  }
  if (declared !== null) {
    // The HTTP parser takes no more than was declared, so the quick way of reading is safe here.
    const bytes = new Uint8Array(await read(request.arrayBuffer()))
    if (bytes.byteLength > limitBytes) throw tooLarge(limitBytes)
    return bytes
  }
  if (request.body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = request.body.getReader()
  for (;;) {
    const { done, value } = await read(reader.read())
    if (done) return Buffer.concat(chunks, size)
    size += value.byteLength
    // What still comes is the server's to drain or cut, once the answer is out.
    if (size > limitBytes) throw tooLarge(limitBytes)
    chunks.push(value)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** @throws AppError `invalid_request` unless the bytes are JSON in UTF-8. */
export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.byteLength === 0) throw new AppError('invalid_request', 'The body is empty; send JSON.')
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch (cause) {
    throw new AppError('invalid_request', 'The body is not UTF-8.', { cause })
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    // The parser's own words quote the body; the place of the fault is all that is passed on.
    const place = /position (\d+)/.exec(cause instanceof Error ? cause.message : '')?.[1]
    const where = place === undefined ? '' : ` (at character ${place})`
    throw new AppError('invalid_request', `The body is not JSON${where}.`)
  }
  refuseUnstorable(text, parsed)
  return parsed
}

/**
 * @returns the content type without parameters.
 * @throws AppError `unsupported_media_type` unless it is one of `taken`, in UTF-8 and not compressed.
 */
export function checkContentType(headers: Headers, taken: readonly string[]): string {
  const header = headers.get('content-type') ?? ''
  // The form nearly every caller sends is not taken apart.
  const type = taken.includes(header) ? header : typeOf(header)
  if (!taken.includes(type)) {
    const sent = type === '' ? 'There is no Content-Type' : 'The Content-Type is another'
    throw new AppError('unsupported_media_type', `${sent}; send ${taken.join(' or ')}.`)
  }
  if (type !== header && /charset\s*=/i.test(header) && !/charset\s*=\s*"?(utf-?8|us-ascii)"?\s*(;|$)/i.test(header)) {
    throw new AppError('unsupported_media_type', 'The charset is another; send UTF-8.')
  }
  const encoding = headers.get('content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity') {
    throw new AppError('unsupported_media_type', 'Compressed bodies are not taken; send it without Content-Encoding.')
  }
  return type
}

/** Whether the content type is one of them, whatever else may be wrong with it. */
export function isOneOf(headers: Headers, types: readonly string[]): boolean {
  return types.includes(typeOf(headers.get('content-type') ?? ''))
}

function typeOf(header: string): string {
  return (header.split(';', 1)[0] ?? '').trim().toLowerCase()
}

function tooLarge(limitBytes: number): AppError {
  return new AppError('payload_too_large', `The body is over ${limitBytes} bytes.`)
}

/** A body that breaks off is the caller's fault, if anyone is still there to hear of it. */
async function read<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading
  } catch (cause) {
    throw new AppError('invalid_request', 'The body broke off.', { cause })
  }
}
