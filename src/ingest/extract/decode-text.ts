import { Unreadable } from './caps.ts'

const boms = [
  { mark: [0xef, 0xbb, 0xbf], charset: 'utf-8' },
  { mark: [0xff, 0xfe, 0x00, 0x00], charset: undefined }, // UTF-32, which nobody decodes
  { mark: [0xff, 0xfe], charset: 'utf-16le' },
  { mark: [0xfe, 0xff], charset: 'utf-16be' },
] as const

/** Bytes that windows-1252 has no character for. */
const neverWestern = new Set([0x81, 0x8d, 0x8f, 0x90, 0x9d])
/** Of a Western text at most so many bytes are letters beyond ASCII; of any other alphabet nearly all are. */
const westernShare = 0.25
const controlShare = 0.01

/**
 * A text from its bytes: by its byte order mark, then by the charset that is declared for it, then as UTF-8, as UTF-16
 * without a mark, and as windows-1252 where it looks Western. Anything else would be a guess.
 *
 * @throws Unreadable when it is no text at all, or in a charset that can't be told.
 */
export function decodeText(bytes: Uint8Array, declared?: string): string {
  for (const { mark, charset } of boms) {
    if (!mark.every((byte, at) => bytes[at] === byte)) continue
    const text = charset === undefined ? undefined : decoded(bytes, charset)
    if (text === undefined) throw unknownCharset()
    return text
  }
  const wide = declared === undefined ? wideCharset(bytes) : undefined
  if (wide === undefined && isBinary(bytes)) throw notText()
  for (const charset of [declared, wide, 'utf-8']) {
    const text = charset === undefined ? undefined : decoded(bytes, charset)
    if (text !== undefined) return text
  }
  if (!looksWestern(bytes)) throw unknownCharset()
  return new TextDecoder('windows-1252').decode(bytes)
}

/** The charset that a content type names, as in `text/plain; charset=utf-8`. */
export function charsetOf(contentType: string | undefined): string | undefined {
  return /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType ?? '')?.[1]
}

function decoded(bytes: Uint8Array, charset: string): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes)
  } catch {
    return undefined // not of that charset, or there is no such charset
  }
}

/** UTF-16 without a mark: of Western text nearly every other byte is 0, always on the same side. */
function wideCharset(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const sample = bytes.subarray(0, 4_096)
  if (sample.length < 4 || bytes.length % 2 === 1) return undefined
  const zeros = [0, 0]
  for (const [at, byte] of sample.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1
  const [even = 0, odd = 0] = zeros
  if (odd > sample.length * 0.3 && even === 0) return 'utf-16le'
  return even > sample.length * 0.3 && odd === 0 ? 'utf-16be' : undefined
}

function isBinary(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, 65_536)
  let controls = 0
  for (const byte of sample) {
    if (byte === 0) return true
    if (byte < 0x20 && !(byte >= 0x09 && byte <= 0x0d) && byte !== 0x1b) controls += 1
  }
  return controls > sample.length * controlShare
}

function looksWestern(bytes: Uint8Array): boolean {
  let high = 0
  for (const byte of bytes) {
    if (neverWestern.has(byte)) return false
    if (byte >= 0x80) high += 1
  }
  return high <= bytes.length * westernShare
}

function notText(): Unreadable {
  return new Unreadable('The file is of a kind that is not read. Send PDF, DOCX, HTML, Markdown or plain text.')
}

function unknownCharset(): Unreadable {
  const words = 'The text is not UTF-8, and its charset can’t be told. Send it as UTF-8, or name it in the content type'
  return new Unreadable(`${words}, as in text/plain; charset=shift_jis.`)
}
