import { AppError } from '../../errors.ts'

/** Nesting levels of a body, at most. */
const depthMax = 64
/** Names and containers of a body, at most: parsing more would block everyone else. */
const membersMax = 200_000

const quote = 0x22
const backslash = 0x5c

/**
 * Checks a body's bytes in one pass, before it is parsed.
 * @throws AppError `invalid_request` when it is nested too deeply or holds too many members.
 */
export function judgeBytes(bytes: Uint8Array): void {
  if (isPlainlyGood(bytes)) return
  let depth = 0
  let members = 0
  for (let at = 0; at < bytes.length; at += 1) {
    switch (bytes[at]) {
      case quote:
        at = endOfString(bytes, at + 1)
        break
      case 0x7b: // {
      case 0x5b: // [
        depth += 1
        members += 1
        if (depth > depthMax) throw tooDeep()
        break
      case 0x7d: // }
      case 0x5d: // ]
        depth -= 1
        break
      case 0x3a: // :
        members += 1
        break
    }
    if (members > membersMax) throw tooMany()
  }
}

/**
 * Whether length and bracket counts alone prove the body acceptable: each member has a byte of its own, and each level
 * a bracket. Nearly all bodies pass, and the engine finds a byte far quicker than a loop does.
 */
function isPlainlyGood(bytes: Uint8Array): boolean {
  return bytes.length <= membersMax && bracketsIn(bytes, 0x7b) + bracketsIn(bytes, 0x5b) <= depthMax
}

/** Counts up to one above the limit. */
function bracketsIn(bytes: Uint8Array, bracket: number): number {
  let count = 0
  for (let at = bytes.indexOf(bracket); at !== -1 && count <= depthMax; at = bytes.indexOf(bracket, at + 1)) count += 1
  return count
}

/** The position of the quote that ends a string, or the end of the bytes. */
function endOfString(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at += 1) {
    if (bytes[at] === backslash) at += 1
    else if (bytes[at] === quote) return at
    else if (at - from === 64) return endOfLongString(bytes, at)
  }
  return bytes.length
}

/** Lets the engine search texts of megabytes; one call of it costs more than a short text. */
function endOfLongString(bytes: Uint8Array, from: number): number {
  let at = from
  for (;;) {
    at = bytes.indexOf(quote, at)
    if (at === -1) return bytes.length
    let slashes = 0
    while (bytes[at - 1 - slashes] === backslash) slashes += 1
    if (slashes % 2 === 0) return at
    at += 1
  }
}

function tooDeep(): AppError {
  return invalid(`is nested deeper than ${depthMax} levels; send a flatter one`)
}

function tooMany(): AppError {
  return invalid(`holds more than ${membersMax} fields, lists and objects; send it in several requests`)
}

function invalid(message: string): AppError {
  return new AppError('invalid_request', `body: ${message}`, { faults: [{ path: 'body', message }] })
}
