import { fileTypeFromBuffer } from 'file-type'
import type { FileInput, FileKind } from '../extractor.ts'
import { Unreadable } from './caps.ts'

const sniffLength = 1_024
const taken = 'Send PDF, DOCX, HTML, Markdown or plain text.'

// A comment ends at its first end, or there would be very many ways to read very many of them.
const before = String.raw`^(?:\s|<!--(?:(?!-->)[\s\S])*-->|<\?xml[^>]*>)*`
const page = new RegExp(String.raw`${before}<(?:!doctype\s+html|html|head|body)[\s>]`, 'i')
/** Tags that a part of a page begins with (WHATWG, "MIME Sniffing", 7.1); Markdown may begin with them too. */
const tags = 'script|iframe|h[1-6]|div|font|table|a|style|title|b|br|p|main|article|section|meta|link|ul|ol'
const partOfPage = new RegExp(String.raw`${before}<(?:${tags})[\s>]`, 'i')
const markdownSigns = [
  /^#{1,6} \S/m,
  /^(?:```|~~~)/m,
  /\[[^\]\n]+\]\([^)\n]+\)/,
  /^\|(?: ?:?-+:? ?\|)+\s*$/m,
  /\*\*\S[^*\n]*\*\*/,
]

/** What a file is by its first bytes; `text` is to be decoded first and looked into then. */
export type Container = 'pdf' | 'zip' | 'text'

/** @throws Unreadable for a kind that is not read, by its name. */
export async function containerOf(bytes: Uint8Array): Promise<Container> {
  const head = Buffer.from(bytes.subarray(0, sniffLength)).toString('latin1')
  if (head.startsWith('%PDF-')) return 'pdf'
  if (head.startsWith('PK\x03\x04') || head.startsWith('PK\x05\x06')) return 'zip'
  if (head.startsWith('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1')) throw oldOffice(bytes)
  if (head.startsWith('{\\rtf')) throw new Unreadable(`This is an RTF file, which is not read. ${taken}`)
  const type = await fileTypeFromBuffer(bytes.subarray(0, 65_536)).catch(() => undefined)
  // Some kinds of text have a name of their own, and are text all the same.
  if (type !== undefined && !/^text\/|xml|json|subrip|mbox|calendar|vcard/.test(type.mime)) {
    throw new Unreadable(`This is ${type.ext.toUpperCase()} (${type.mime}), which is not read. ${taken}`)
  }
  // Some programs put a few bytes of their own before it.
  return head.includes('%PDF-') && head.includes('\0') ? 'pdf' : 'text'
}

/** Of a text: HTML by how it begins. Markdown and plain text differ by nothing else than what they are called. */
export function textKind(text: string, { name = '', contentType = '' }: Omit<FileInput, 'bytes'>): FileKind {
  const head = text.slice(0, 4 * sniffLength)
  if (page.test(head)) return 'html'
  if (/\.(?:md|mdx|markdown|mkd)$/i.test(name) || /^text\/(?:x-)?markdown/i.test(contentType)) return 'markdown'
  if (partOfPage.test(head)) return 'html'
  if (/\.(?:txt|text|log|csv)$/i.test(name)) return 'text'
  return markdownSigns.some((sign) => sign.test(head)) ? 'markdown' : 'text'
}

/** A compound file: Office before 2007, and what Office wraps a file in that has a password. */
function oldOffice(bytes: Uint8Array): Unreadable {
  const has = (name: string) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(name, 0, 'utf16le')
  if (has('EncryptedPackage')) return new Unreadable('The file is encrypted. Save it without a password.')
  const kind = has('WordDocument') ? 'a Word file of the old kind (.doc)' : 'an Office file of the old kind'
  return new Unreadable(`This is ${kind}, which is not read. Save it as DOCX.`)
}
