import type { IncomingMessage } from 'node:http'
import { AppError } from '../../errors.ts'
import { judgeBytes } from '../request/body-shape.ts'
import { bodyBrokeOff, readIncoming } from '../request/read-incoming.ts'
import { refuseUnstorable } from '../request/unstorable.ts'
import type { Transfer, Transfers } from './transfers.ts'

export const defaultBodyLimitBytes = 4 * 1024 * 1024

interface ComingBody {
  readonly request: Request
  readonly incoming: IncomingMessage | undefined
  readonly owner: string
  transfer: Transfer | undefined
}

/**
 * Reads the whole body as bytes. It counts the bytes that arrive: a `Content-Length` over the limit is refused at once,
 * and a chunked body is counted while it is read. Bytes received count against the caller's share, and must arrive at
 * the minimum pace.
 * @param body the server's request; without `incoming` in `app.request`.
 * @throws AppError `payload_too_large`, `quota_exceeded`, `service_busy`
 */
export function readBytes(body: ComingBody, limitBytes: number, bodies: Transfers): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  const whole = () => (chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks))
  return takeBytes(body, limitBytes, bodies, (chunk) => void chunks.push(chunk), whole)
}

/**
 * Like `readBytes`, without storing the body: `take` gets each piece as it arrives, and its errors end the reading.
 * @param outcome called when all of it has arrived.
 */
export function takeBytes<T>(
  body: ComingBody,
  limitBytes: number,
  bodies: Transfers,
  take: (chunk: Uint8Array) => void,
  outcome: () => T,
): Promise<T> {
  const { request, incoming } = body
  const declared = request.headers.get('content-length')
  if (declared !== null && Number(declared) > limitBytes) throw tooLarge(limitBytes)
  if (incoming === undefined) return takeRequest(request, limitBytes, take).then(outcome)
  const begin = (cut: (fault: AppError) => void) => {
    const transfer = bodies.begin(body.owner, () => cut(new AppError('invalid_request', tooSlow)))
    body.transfer = transfer
    let size = 0
    return {
      take(chunk: Uint8Array) {
        size += chunk.length
        if (size > limitBytes) throw tooLarge(limitBytes)
        transfer.take(chunk.length)
        take(chunk)
      },
      arrived: () => transfer.arrived(),
    }
  }
  return readIncoming(incoming, begin, outcome)
}

const tooSlow = 'The body arrives too slowly; send it at 16 KiB a second or more.'

/** Reads a request without a server, as tests make them. */
async function takeRequest({ body }: Request, limitBytes: number, take: (chunk: Uint8Array) => void): Promise<void> {
  let size = 0
  const reader = body?.getReader()
  while (reader !== undefined) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw bodyBrokeOff(cause)
    })
    if (done) return
    size += value.byteLength
    if (size > limitBytes) throw tooLarge(limitBytes)
    take(value)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** @throws AppError `invalid_request` unless the bytes are JSON in UTF-8. */
export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.byteLength === 0) throw new AppError('invalid_request', 'The body is empty; send JSON.')
  judgeBytes(bytes)
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch (cause) {
    throw new AppError('invalid_request', 'The body is not UTF-8; encode it as that.', { cause })
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    // The parser's own words quote the body; the place of the fault is all that is passed on.
    const place = /position (\d+)/.exec(cause instanceof Error ? cause.message : '')?.[1]
    const where = place === undefined ? '' : ` (at character ${place})`
    throw new AppError(
      'invalid_request',
      `The body is not JSON${where}; look for a missing or superfluous quote, comma or bracket.`,
    )
  }
  refuseUnstorable(text, parsed)
  return parsed
}

/**
 * @returns the content type without parameters.
 * @throws AppError `unsupported_media_type` unless it is one of `taken`, in UTF-8 and uncompressed.
 */
export function checkContentType(headers: Headers, taken: readonly string[]): string {
  const header = headers.get('content-type') ?? ''
  // The form nearly every caller sends is not taken apart.
  const type = taken.includes(header) ? header : typeOf(header)
  if (!taken.includes(type)) {
    const sent = type === '' ? 'There is no Content-Type' : `The Content-Type is ${shownType(type)}`
    throw new AppError('unsupported_media_type', `${sent}; send ${taken.join(' or ')}.`)
  }
  if (type !== header && /charset\s*=/i.test(header) && !/charset\s*=\s*"?(utf-?8|us-ascii)"?\s*(;|$)/i.test(header)) {
    throw new AppError('unsupported_media_type', 'The charset is another; send UTF-8.')
  }
  const encoding = headers.get('content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity') {
    throw new AppError(
      'unsupported_media_type',
      'Compressed bodies are not accepted; send it without Content-Encoding.',
    )
  }
  return type
}

export const formType = 'multipart/form-data'

/** Whether the content type is a form's, valid or not. */
export function isForm(headers: Headers): boolean {
  return typeOf(headers.get('content-type') ?? '') === formType
}

/** The type, if it can be shown safely. */
function shownType(type: string): string {
  return /^[\x21-\x7e]{1,60}$/.test(type) ? type : 'not an accepted one'
}

function typeOf(header: string): string {
  return (header.split(';', 1)[0] ?? '').trim().toLowerCase()
}

function tooLarge(limitBytes: number): AppError {
  return new AppError('payload_too_large', `The body is over ${limitBytes} bytes; send it in several requests.`)
}
