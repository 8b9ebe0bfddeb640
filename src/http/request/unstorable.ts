import { AppError } from '../../errors.ts'

/** What in JSON may stand for NUL or for half of a surrogate pair; only such a text is looked at closely. */
const suspicious = /\\u(0000|d[89a-f])/i

/**
 * NUL and lone surrogates are JSON but no text that Postgres keeps: said here, as a fault of the caller's, once for all.
 * @throws AppError `invalid_request`
 */
export function refuseUnstorable(json: string, parsed: unknown): void {
  if (json.includes('\\u') && suspicious.test(json) && holdsUnstorable(parsed)) throw unstorable('The body')
}

/** The same for the path and the query string, still encoded. @throws AppError `invalid_request` */
export function refuseUnstorableUrl(url: string): void {
  if (url.includes('%00')) throw unstorable('The address')
}

/** The same for texts that came otherwise. @throws AppError `invalid_request` */
export function refuseUnstorableText(where: string, ...texts: readonly string[]): void {
  if (texts.some(isUnstorable)) throw unstorable(where)
}

function unstorable(where: string): AppError {
  return new AppError('invalid_request', `${where} holds a NUL character or half of a surrogate pair; leave it out.`)
}

/** Without recursion: what is nested thousands deep is for others to refuse. */
function holdsUnstorable(value: unknown): boolean {
  const left = [value]
  while (left.length > 0) {
    const part = left.pop()
    if (typeof part === 'string' && isUnstorable(part)) return true
    if (typeof part !== 'object' || part === null) continue
    if (Array.isArray(part)) for (const item of part) left.push(item)
    else for (const [key, inner] of Object.entries(part)) left.push(key, inner)
  }
  return false
}

function isUnstorable(text: string): boolean {
  return text.includes('\0') || !text.isWellFormed()
}
