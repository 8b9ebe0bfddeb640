import type { AppError } from '../../errors.ts'
import { problemOf, retryAfterS } from './problem.ts'

export type HeaderRecord = Record<string, string>

/**
 * Headers of every answer but health: an answer belongs to its caller alone, whatever cache stands between, and has the
 * declared content type. It is a plain record, because the server writes those straight to the socket.
 */
export function privateHeaders(requestId: string, contentType: string | undefined): HeaderRecord {
  return contentType === undefined
    ? {
        'cache-control': 'private, no-store',
        vary: 'Authorization, Api-Key',
        'x-content-type-options': 'nosniff',
        'x-request-id': requestId,
      }
    : {
        'content-type': contentType,
        'cache-control': 'private, no-store',
        vary: 'Authorization, Api-Key',
        'x-content-type-options': 'nosniff',
        'x-request-id': requestId,
      }
}

/** Headers that no route may override. */
const fixed = new Set(['cache-control', 'vary', 'x-content-type-options', 'x-request-id'])

/** Adds headers by lower-case name, so that none is sent twice in different spellings. */
export function addHeaders(headers: HeaderRecord, more: Readonly<HeaderRecord>): void {
  for (const name in more) {
    const plain = name.toLowerCase()
    const value = more[name]
    if (value !== undefined && !fixed.has(plain)) headers[plain] = value
  }
}

/**
 * A fault as `application/problem+json`. @param fields further members; they cannot replace those of the problem
 * itself.
 */
export function problemResponse(
  error: AppError,
  requestId: string,
  more?: Readonly<HeaderRecord>,
  fields?: Readonly<Record<string, unknown>>,
): Response {
  const problem = { ...fields, ...problemOf(error, requestId) }
  const headers = privateHeaders(requestId, 'application/problem+json')
  const seconds = retryAfterS(error)
  if (seconds !== undefined) headers['retry-after'] = String(seconds)
  if (more !== undefined) addHeaders(headers, more)
  return new Response(JSON.stringify(problem), { status: problem.status, headers })
}

/** Valid request ids of callers: visible ASCII, short enough for any log. */
const sane = /^[\x21-\x7e]{1,128}$/

/** The caller's `X-Request-Id` if it is valid, else a new one. */
export function requestIdOf(given: string | null | undefined): string {
  return given !== null && given !== undefined && sane.test(given) ? given : crypto.randomUUID()
}
