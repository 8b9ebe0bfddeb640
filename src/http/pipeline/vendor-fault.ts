import { AppError } from '../../errors.ts'
import { ApiError, errorBody, type Plane } from '../../pinecone-wire/api-error.ts'
import { otherPart } from '../../pinecone-wire/other-parts.ts'
import { problemOf, retryAfterS } from './problem.ts'
import { addHeaders, type HeaderRecord, privateHeaders } from './reply.ts'

/**
 * A fault in the vendor's form: a google.rpc.Status of the data plane, or the control plane's body. The status carries
 * our code and the request id as google.rpc.ErrorInfo, which the vendor's clients pass over. A 401 is bare text, as the
 * vendor's; the reason is in `WWW-Authenticate` (RFC 6750, section 3).
 */
export function vendorFault(
  error: AppError,
  plane: Plane,
  requestId: string,
  more: Readonly<HeaderRecord> = {},
): Response {
  const { status: usual, detail, faults = [] } = problemOf(error, requestId)
  const status = error.cause instanceof ApiError ? error.cause.status : usual
  const said = faults
    .filter(({ message }) => !detail.includes(message))
    .map(({ path, message }) => `${path}: ${message}`)
  const message = [detail, ...said].join(' ')
  const info = {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: error.code.toUpperCase(),
    domain: 'tenant-router',
    metadata: { requestId },
  }
  const { contentType, body } = errorBody(new ApiError(status, message), plane, [info])
  const headers = privateHeaders(requestId, contentType)
  const seconds = retryAfterS(error)
  if (seconds !== undefined) headers['retry-after'] = String(seconds)
  addHeaders(headers, more)
  if (status === 401) headers['www-authenticate'] += `, error_description="${quotable(message)}"`
  return new Response(body, { status, headers })
}

/** Text for a quoted string of a header. */
function quotable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "'").replace(/["\\]/g, "'")
}

/** Answers callers of the vendor's dialect on paths that the router does not have. */
export function vendorMissing(
  { headers, url, method }: Request,
  requestId: string,
  methods: readonly string[] | undefined,
): Response | undefined {
  if (!headers.has('api-key')) return undefined
  const path = new URL(url).pathname
  const plane = path.startsWith('/indexes') ? 'control' : 'data'
  // The router takes the last part of this path for an index's name.
  const isForModel = path === '/indexes/create-for-model'
  if (methods !== undefined && !isForModel) {
    return vendorFault(new AppError('method_not_allowed', `This path takes ${methods.join(', ')}.`), plane, requestId)
  }
  const part = otherPart(path)
  if (part === undefined) {
    const words = `There is no such route: ${method} ${path.slice(0, 200)}`
    return vendorFault(new AppError('not_found', words, { shown: true }), plane, requestId)
  }
  const words = `tenant-router does not offer ${part}. It speaks the vendor's vector API: query, vectors, namespaces.`
  return vendorFault(new AppError('invalid_request', words), plane, requestId)
}
