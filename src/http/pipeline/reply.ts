import type { AppError } from '../../errors.ts'
import { problemOf, retryAfterS } from './problem.ts'

export type HeaderRecord = Record<string, string>

/**
 * Headers that every answer but health carries: an answer is its caller's alone, whatever stands between, and is what
 * its content type says. A plain record, because the server writes those straight to the socket.
 */
export function privateHeaders(requestId: string, contentType: string | undefined): HeaderRecord {
  return contentType === undefined
    ? {
        'cache-control': 'private, no-store',
        vary: 'Authorization',
        'x-content-type-options': 'nosniff',
        'x-request-id': requestId,
      }
    : {
        'content-type': contentType,
        'cache-control': 'private, no-store',
        vary: 'Authorization',
        'x-content-type-options': 'nosniff',
        'x-request-id': requestId,
      }
}

/** What no route may say otherwise. */
const fixed = new Set(['cache-control', 'vary', 'x-content-type-options', 'x-request-id'])

/** Names in lower case, so that one written otherwise does not go out twice. */
export function addHeaders(headers: HeaderRecord, more: Readonly<HeaderRecord>): void {
  for (const name in more) {
    const plain = name.toLowerCase()
    const value = more[name]
    if (value !== undefined && !fixed.has(plain)) headers[plain] = value
  }
}

/** A fault as `application/problem+json`. @param fields further members; those of a problem itself stay. */
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

/** Visible ASCII, short enough for any log: what a caller may name a request. */
const sane = /^[\x21-\x7e]{1,128}$/

/** The caller's `X-Request-Id` if it is sane, else a new one. */
export function requestIdOf(given: string | null | undefined): string {
  return given !== null && given !== undefined && sane.test(given) ? given : crypto.randomUUID()
}
