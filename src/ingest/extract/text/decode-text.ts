import { analyse } from 'chardet'
import { Unreadable } from './caps.ts'
import { isMacRoman } from './mac-roman.ts'
import { readKinds } from './read-kinds.ts'
import { markedText, wideCharset } from './wide-text.ts'

/** Bytes without a character in windows-1252. */
const neverWestern = new Set([0x81, 0x8d, 0x8f, 0x90, 0x9d])
/** Letters beyond ASCII are at most this share of a Western text's bytes; of other alphabets nearly all are. */
const westernShare = 0.25
const controlShare = 0.01
/** Broken characters are at most this share of a text in its charset; with more it is another charset. */
const brokenShare = 0.02
/** Confidence required of chardet, in percent: on its own, or when twice that of the next language. */
const sureEnough = { byItself: 40, twiceTheNext: 25 }
/** Supersets of charsets that chardet names, with the letters that authors use. */
const containing: Readonly<Record<string, string>> = { 'ISO-8859-7': 'windows-1253', 'ISO-8859-8': 'windows-1255' }
/** More multi-byte characters than this are no accident: the text is UTF-8, whatever it declares. */
const telling = 3
const sampleLength = 65_536

/**
 * Decodes a text: by its byte order mark, as UTF-16 without a mark, as UTF-8 with a few broken bytes, by its declared
 * charset, as Mac Roman where only so its words are words, by chardet, and as windows-1252 where it looks Western. Anything else would be a guess. A broken character
 * becomes U+FFFD.
 *
 * @throws Unreadable when it is no text at all, or its charset is unknown.
 */
export function decodeText(bytes: Uint8Array, declared?: string): string {
  const marked = markedText(bytes)
  if (marked !== undefined) return marked
  const wide = wideCharset(bytes)
  if (wide !== undefined) return new TextDecoder(wide).decode(bytes)
  if (isBinary(bytes)) throw new Unreadable(`This kind of file is not supported. ${readKinds}`)
  const { text, whole, broken } = asUtf8(bytes)
  const other = declared === undefined || /^utf-?8$/i.test(declared) ? undefined : decoded(bytes, declared)
  if (whole === 0 && broken === 0)
    return other ?? (text.includes('\x1b$') ? decoded(bytes, 'iso-2022-jp') : text) ?? text
  const isUtf8 = whole >= broken && (broken === 0 || whole > 1 || declared !== undefined || !looksWestern(bytes))
  if (isUtf8 && (other === undefined || whole > telling || isSingleByte(declared))) return text
  return other ?? decoded(bytes, charsetByItsLook(bytes)) ?? text
}

/** The charset in a content type, as in `text/plain; charset=utf-8`. */
export function charsetOf(contentType: string | undefined): string | undefined {
  return /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType ?? '')?.[1]
}

/** The text as UTF-8, with its counts of intact and broken characters beyond ASCII. */
function asUtf8(bytes: Uint8Array): { text: string; whole: number; broken: number } {
  const text = new TextDecoder('utf-8').decode(bytes)
  let [beyond, broken] = [0, 0]
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if (unit === 0xfffd) broken += 1
    else if (unit > 0x7f) beyond += 1
  }
  return { text, whole: beyond, broken }
}

/** Undefined: the charset does not exist, or the text is in another. */
function decoded(bytes: Uint8Array, charset: string): string | undefined {
  try {
    const text = new TextDecoder(charset).decode(bytes)
    const broken = text.split('\ufffd').length - 1
    return broken <= Math.max(1, text.length * brokenShare) ? text : undefined
  } catch {
    return undefined
  }
}

function isSingleByte(charset: string | undefined): boolean {
  return (
    charset !== undefined && /^(?:us-ascii|ascii|latin|l\d|iso[-_]?8859|windows-|cp1|x-mac|mac|koi8|ibm)/i.test(charset)
  )
}

/** @throws Unreadable */
function charsetByItsLook(bytes: Uint8Array): string {
  if (isMacRoman(bytes)) return 'macintosh'
  const isWestern = looksWestern(bytes)
  const found = analyse(bytes.subarray(0, sampleLength)).filter(({ name }) => !isWestern || isSingleByte(name))
  const [best] = found
  const next = found.find(({ lang }) => lang !== best?.lang)
  const { byItself, twiceTheNext } = sureEnough
  const needed = Math.min(byItself, Math.max(twiceTheNext, 2 * (next?.confidence ?? 0)))
  const isSure = best !== undefined && best.confidence >= needed
  if (isWestern) return isSure ? best.name : 'windows-1252'
  if (!isSure) throw unknownCharset()
  return containing[best.name] ?? best.name
}

/** Whether it is binary; a stray control character does not make it so. */
function isBinary(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, sampleLength)
  let controls = 0
  for (const byte of sample) {
    if (byte < 0x20 && !(byte >= 0x09 && byte <= 0x0d) && byte !== 0x1b) controls += 1
  }
  return controls > Math.max(2, sample.length * controlShare)
}

function looksWestern(bytes: Uint8Array): boolean {
  let high = 0
  for (const byte of bytes) {
    if (neverWestern.has(byte)) return false
    if (byte >= 0x80) high += 1
  }
  return high <= bytes.length * westernShare
}

function unknownCharset(): Unreadable {
  const words = 'The text is not UTF-8, and its charset can’t be told. Send it as UTF-8, or name it in the content type'
  return new Unreadable(`${words}, as in text/plain; charset=shift_jis.`)
}
