import { fileTypeFromBuffer } from 'file-type'
import type { FileInput, FileKind } from '../extractor.ts'
import { Unreadable } from './text/caps.ts'
import { looksLikeCsv } from './text/read-csv.ts'
import { readKinds } from './text/read-kinds.ts'

const sniffLength = 1_024
/** The PDF header may follow bytes that a program or a server put before it, up to this many. */
const pdfStartMax = 8_192

// A comment ends at its first end, or there would be very many ways to read very many of them.
const before = String.raw`^(?:\s|<!--(?:(?!-->)[\s\S])*-->|<\?xml[^>]*>)*`
const page = new RegExp(String.raw`${before}<(?:!doctype\s+html|html|head|body)[\s>]`, 'i')
/** Tags that a page fragment may begin with (WHATWG, "MIME Sniffing", 7.1); Markdown may begin with them too. */
const tags = 'script|iframe|h[1-6]|div|font|table|a|style|title|b|br|p|main|article|section|meta|link|ul|ol'
const partOfPage = new RegExp(String.raw`${before}<(?:${tags})[\s>]`, 'i')
const markdownSigns = [
  /^#{1,6} \S/m,
  /^(?:```|~~~)/m,
  /\[[^\]\n]+\]\([^)\n]+\)/,
  /^\|(?: ?:?-+:? ?\|)+\s*$/m,
  /\*\*\S[^*\n]*\*\*/,
]
const mailField = /^([a-z][a-z0-9-]*):.*(?:\r?\n[ \t].*)*\r?\n/i
/** Header fields that only programs write: a note that begins with "From:" and "Subject:" is not yet a mail. */
const mailSign = /^(?:mime-version|message-id|received|return-path|content-type|delivered-to|x-[a-z-]+)$/i

/** A file's container by its first bytes; `text` is decoded and classified later. */
export type Container = { readonly kind: 'zip' | 'text' } | { readonly kind: 'pdf'; readonly start: number }

/** @throws Unreadable that names the kind, if it is not supported. */
export async function containerOf(bytes: Uint8Array): Promise<Container> {
  const head = Buffer.from(bytes.subarray(0, sniffLength)).toString('latin1')
  if (head.startsWith('PK\x03\x04') || head.startsWith('PK\x05\x06')) return { kind: 'zip' }
  if (head.startsWith('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1')) throw oldOffice(bytes)
  if (/^\s*\{\\rtf/.test(head)) throw new Unreadable(`This is an RTF file, which is not supported. ${readKinds}`)
  const start = pdfStart(bytes)
  if (start !== undefined) return { kind: 'pdf', start }
  const type = await fileTypeFromBuffer(bytes.subarray(0, 65_536)).catch(() => undefined)
  // Some kinds of text have a name of their own, and are text all the same.
  if (type !== undefined && !/^text\/|xml|json|subrip|mbox|calendar|vcard|rfc822/.test(type.mime)) {
    throw new Unreadable(`This is ${type.ext.toUpperCase()} (${type.mime}), which is not supported. ${readKinds}`)
  }
  return { kind: 'text' }
}

/** The kind of a text. Markdown and plain text differ only by name or content type. */
export function textKind(text: string, { name = '', contentType = '' }: Omit<FileInput, 'bytes'>): FileKind {
  const head = text.slice(0, 16 * sniffLength).replace(/^\ufeff/, '')
  if (isMail(head, /\.(?:eml|mht|mhtml|mbox)$/i.test(name) || /^message\/rfc822|^multipart\//i.test(contentType))) {
    return 'mail'
  }
  const start = head.slice(0, 4 * sniffLength)
  if (page.test(start)) return 'html'
  if (/\.(?:md|mdx|markdown|mkd)$/i.test(name) || /^text\/(?:x-)?markdown/i.test(contentType)) return 'markdown'
  if (/\.(?:csv|tsv)$/i.test(name) || /^text\/(?:csv|tab-separated-values)/i.test(contentType)) return 'csv'
  if (partOfPage.test(start) || /\.x?html?$/i.test(name) || /^text\/html/i.test(contentType)) return 'html'
  if (/\.(?:txt|text|log)$/i.test(name)) return 'text'
  if (markdownSigns.some((sign) => sign.test(start))) return 'markdown'
  return looksLikeCsv(head) ? 'csv' : 'text'
}

/** Whether the header fields, up to a blank line, are a mail's. */
function isMail(head: string, isSaid: boolean): boolean {
  let rest = head.replace(/^\s+/, '').replace(/^>?From .*\r?\n/, '')
  const names = new Set<string>()
  for (let field = mailField.exec(rest); field !== null; field = mailField.exec(rest)) {
    names.add(field[1]?.toLowerCase() ?? '')
    rest = rest.slice(field[0].length)
  }
  const has = (...wanted: string[]) => wanted.some((name) => names.has(name))
  if (isSaid) return has('from', 'subject', 'date', 'content-type', 'mime-version')
  const isHead = /^\r?\n/.test(rest) || rest === '' || /^--/.test(rest)
  return isHead && has('from', 'subject', 'date') && [...names].some((name) => mailSign.test(name)) && names.size > 2
}

/** The start of a PDF; undefined for a text that only mentions one. */
function pdfStart(bytes: Uint8Array): number | undefined {
  const head = Buffer.from(bytes.subarray(0, pdfStartMax)).toString('latin1')
  if (head.startsWith('%PDF-')) return 0
  // Adobe's own readers take this first line, too.
  if (/^%!PS-Adobe-\S+ PDF-\d/.test(head)) return 0
  const found =
    /(?:^|\p{Cc}|[\x80-\xff])%PDF-\d\.\d/u.exec(head) ??
    /%PDF-\d\.\d[^\r\n]*[\r\n]+(?:%[^\r\n]*[\r\n]+)?\d+ \d+ obj\b/.exec(head)
  if (found === null) return undefined
  const end = Buffer.from(bytes.subarray(Math.max(0, bytes.length - sniffLength))).toString('latin1')
  const start = found.index + found[0].indexOf('%PDF-')
  const isAtEnd = /%%EOF[\s\0]*$/.test(end)
  return isAtEnd || !isUtf8(bytes.subarray(start)) ? start : undefined
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    return !new TextDecoder('utf-8', { fatal: true }).decode(bytes).includes('\0')
  } catch {
    return false
  }
}

/** Explains a compound file: Office before 2007, Outlook, or a password-protected Office file. */
function oldOffice(bytes: Uint8Array): Unreadable {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // Compared as bytes: Node's own search for UTF-16 does not end where the file lies at an odd place of the memory.
  const has = (name: string) => file.includes(Buffer.from(name, 'utf16le'))
  if (has('EncryptedPackage')) return new Unreadable('The file is encrypted. Save it without a password.')
  const [kind, instead] = has('__substg1.0_')
    ? ['an Outlook message (.msg)', 'EML']
    : has('WordDocument')
      ? ['a Word file of the old kind (.doc)', 'DOCX']
      : has('PowerPoint Document')
        ? ['a PowerPoint file of the old kind (.ppt)', 'PPTX']
        : has('Workbook') || has('Book')
          ? ['an Excel file of the old kind (.xls)', 'XLSX']
          : ['an Office file of the old kind', 'DOCX, XLSX or PPTX']
  return new Unreadable(`This is ${kind}, which is not supported. Save it as ${instead}.`)
}
