import { AppError } from '../../errors.ts'

/** The headers of one form part that matter. */
export interface PartHeader {
  readonly name: string
  /** Present: the part is a file. */
  readonly filename: string | undefined
  readonly contentType: string | undefined
  /** Size of all its headers, as sent. */
  readonly bytes: number
}

/** Headers read of a part; one with as many is refused, since the last of them may be missing. */
export const partHeaderPairs = 32
/** Size limit of a part's headers, below what the parser stores. */
const headerBytesMax = 16_384
const nameMax = 100

/** @returns undefined when it is no field of a form. */
export function partHeaderOf(raw: object): PartHeader | undefined {
  const headers = raw as Readonly<Record<string, readonly string[]>>
  let bytes = 0
  let pairs = 0
  for (const [name, values] of Object.entries(headers)) {
    for (const value of values) {
      bytes += name.length + value.length
      pairs += 1
    }
  }
  if (pairs >= partHeaderPairs) throw tooLarge(`A part of the form has ${partHeaderPairs} headers or more.`)
  const disposition = headers['content-disposition']?.[0]
  if (disposition === undefined || !/^\s*form-data\s*(;|$)/i.test(disposition)) return undefined
  const name = parameterOf(disposition, 'name')
  if (name === undefined || name === '') return undefined
  return {
    name,
    filename: extendedOf(disposition) ?? parameterOf(disposition, 'filename'),
    contentType: headers['content-type']?.[0],
    bytes,
  }
}

/** @throws AppError `payload_too_large` */
export function judgeHeader({ name, bytes }: PartHeader): void {
  if (bytes > headerBytesMax)
    throw tooLarge(`The headers of a part of the form have more than ${headerBytesMax} bytes.`)
  if (name.length > nameMax) throw tooLarge(`The name of a field of the form has more than ${nameMax} characters.`)
}

/**
 * Decodes a parameter. Headers arrive as bytes; browsers write quotes and line ends in names as `%22`, `%0D` and `%0A`
 * (RFC 7578, section 2).
 */
function parameterOf(disposition: string, wanted: string): string | undefined {
  const parameters = /;\s*([^=;\s"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g
  for (const [, name, quoted, plain] of disposition.matchAll(parameters)) {
    if (name?.toLowerCase() !== wanted) continue
    const text = quoted === undefined ? (plain ?? '').trim() : quoted.replace(/\\(["\\])/g, '$1')
    const decoded = Buffer.from(text, 'latin1').toString('utf8')
    return decoded.replace(/%22|%0D|%0A/gi, (found) => decodeURIComponent(found))
  }
  return undefined
}

/** `filename*=UTF-8''...`, as some clients write names beyond ASCII (RFC 5987). */
function extendedOf(disposition: string): string | undefined {
  const text = /;\s*filename\*\s*=\s*utf-8'[^']*'([^;\s]*)/i.exec(disposition)?.[1]
  if (text === undefined) return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function tooLarge(words: string): AppError {
  return new AppError('payload_too_large', `${words} Send fewer or shorter ones.`)
}
