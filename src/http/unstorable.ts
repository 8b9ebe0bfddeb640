import { AppError } from '../errors.ts'

/** What in JSON may stand for NUL or for half of a surrogate pair; only such a text is looked at closely. */
const suspicious = /\\u(0000|d[89a-f])/i

/**
 * NUL and lone surrogates are JSON but no text that Postgres keeps: said here, as a fault of the caller's, once for all.
 * @throws AppError `invalid_request`
 */
export function refuseUnstorable(json: string, parsed: unknown): void {
  if (suspicious.test(json) && holdsUnstorable(parsed)) throw unstorable('The body')
}

/** The same for the path and the query string, still encoded. @throws AppError `invalid_request` */
export function refuseUnstorableUrl(url: string): void {
  if (url.includes('%00')) throw unstorable('The address')
}

function unstorable(where: string): AppError {
  return new AppError('invalid_request', `${where} holds a NUL character or half of a surrogate pair; leave it out.`)
}

function holdsUnstorable(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed()
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, part]) => holdsUnstorable(key) || holdsUnstorable(part))
}
