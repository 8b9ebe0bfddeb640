import { AppError } from '../../errors.ts'

/** Escapes that may stand for NUL or half of a surrogate pair; only texts with one are inspected closely. */
const suspicious = /\\u(0000|d[89a-f])/i

/**
 * Refuses NUL and lone surrogates, which are valid JSON but no text that Postgres can store.
 * @throws AppError `invalid_request`
 */
export function refuseUnstorable(json: string, parsed: unknown): void {
  if (json.includes('\\u') && suspicious.test(json) && holdsUnstorable(parsed)) throw unstorable('The body')
}

/** The same for the path and the query string, still encoded. @throws AppError `invalid_request` */
export function refuseUnstorableUrl(url: string): void {
  if (url.includes('%00')) throw unstorable('The address')
}

/** The same for other texts. @throws AppError `invalid_request` */
export function refuseUnstorableText(where: string, ...texts: readonly string[]): void {
  if (texts.some(isUnstorable)) throw unstorable(where)
}

function unstorable(where: string): AppError {
  return new AppError('invalid_request', `${where} holds a NUL character or half of a surrogate pair; leave it out.`)
}

/** Iterates instead of recursing: nesting thousands deep is refused elsewhere. */
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
