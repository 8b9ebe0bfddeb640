import { AppError } from '../../errors.ts'

/** Levels of lists and objects that a body may have. */
const depthMax = 64
/** Names and containers that a body may hold: with more, taking it apart would hold up everyone else. */
const membersMax = 200_000

const quote = 0x22
const backslash = 0x5c

/**
 * Judges a body by its bytes, before it is parsed: one pass, whatever stands in it.
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
 * Each member has a byte of its own, and each level a bracket: a body that is short, and has few brackets wherever they
 * stand, can't be too much. Nearly all bodies are like that, and the engine looks for a byte far quicker than a loop does.
 */
function isPlainlyGood(bytes: Uint8Array): boolean {
  return bytes.length <= membersMax && bracketsIn(bytes, 0x7b) + bracketsIn(bytes, 0x5b) <= depthMax
}

/** Counted up to one too many. */
function bracketsIn(bytes: Uint8Array, bracket: number): number {
  let count = 0
  for (let at = bytes.indexOf(bracket); at !== -1 && count <= depthMax; at = bytes.indexOf(bracket, at + 1)) count += 1
  return count
}

/** The position of the quote that ends a string; the end of the bytes if there is none. */
function endOfString(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at += 1) {
    if (bytes[at] === backslash) at += 1
    else if (bytes[at] === quote) return at
    else if (at - from === 64) return endOfLongString(bytes, at)
  }
  return bytes.length
}

/** Texts of megabytes are looked through by the engine; each call of it costs more than a short text. */
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
