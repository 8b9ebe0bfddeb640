import { markdownLines } from '../../rag/chunks/markdown-lines.ts'
import type { ExtractedText, FileInput } from '../extractor.ts'
import { containerOf, textKind } from './file-kind.ts'
import { htmlCharset } from './html/html-charset.ts'
import { htmlToMarkdown } from './html/html-to-markdown.ts'
import { readZip } from './office/read-zip.ts'
import { readPdf } from './pdf/read-pdf.ts'
import { readMail } from './read-mail.ts'
import { type ExtractCaps, textTooLong, Unreadable } from './text/caps.ts'
import { charsetOf, decodeText } from './text/decode-text.ts'
import { readCsv } from './text/read-csv.ts'

/** Nesting limit of mails within mails. */
const depthMax = 3
/** Zero-width characters that mark break opportunities, or nothing. */
const unseen = /[\u00ad\u200b\u2060-\u2064\ufeff]/g
/** Joiners shape Arabic, Indic scripts and emoji; between Latin letters they have no effect. */
const latinJoiner = /(?<=[\p{sc=Latin}\d])[\u200c\u200d]+(?=[\p{sc=Latin}\d])/gu

/**
 * Reads one file in this process: call it only where the file can do no harm.
 * @throws Unreadable; anything else is a bug of a reader that the file has exposed.
 */
export async function readFile(file: FileInput, caps: ExtractCaps, depth = 0): Promise<ExtractedText> {
  if (file.bytes.length === 0) throw new Unreadable('The file is empty.')
  const read = withoutUnseen(await readKind(file, caps, depth))
  const text = read.text.toWellFormed().replaceAll('\0', ' ')
  if (text.trim() === '') throw new Unreadable('The file has no text.')
  if (text.length > caps.textLength) throw textTooLong(caps)
  return { ...read, text, title: read.title?.toWellFormed().slice(0, 500) ?? null }
}

async function readKind(file: FileInput, caps: ExtractCaps, depth: number): Promise<ExtractedText> {
  const container = await containerOf(file.bytes)
  switch (container.kind) {
    case 'pdf':
      return { kind: 'pdf', ...(await readPdf(file.bytes.subarray(container.start), caps)) }
    case 'zip':
      return { ...(await readZip(file.bytes, caps)), pageStarts: [] }
    case 'text':
      return readText(file, caps, depth)
  }
}

async function readText(file: FileInput, caps: ExtractCaps, depth: number): Promise<ExtractedText> {
  const head = Buffer.from(file.bytes.subarray(0, 65_536)).toString('latin1')
  const looksLike = textKind(head, file)
  if (looksLike === 'mail') {
    if (depth >= depthMax) throw new Unreadable('The mail nests too many mails.')
    const read = await readMail(file.bytes, caps, (inner, left) => readFile(inner, left, depth + 1))
    return { kind: 'mail', ...read, pageStarts: [] }
  }
  // A text may mention charsets as its subject; only a page declares its own.
  const declared = charsetOf(file.contentType) ?? (looksLike === 'html' ? htmlCharset(head) : undefined)
  const text = decodeText(file.bytes, declared)
  const kind = textKind(text, file)
  if (kind === 'html') return { kind, ...htmlToMarkdown(text, caps), pageStarts: [] }
  if (kind === 'csv') return { kind, text: readCsv(text, caps), title: null, pageStarts: [] }
  return { kind, text, title: kind === 'markdown' ? markdownTitle(text) : null, pageStarts: [] }
}

/** The title in the front matter, or the first top-level heading near the beginning. */
function markdownTitle(text: string): string | null {
  for (const mark of markdownLines(text.slice(0, 16_384))) {
    if (mark.kind === 'front-matter' ? mark.title !== undefined : mark.level === 1) return mark.title ?? null
  }
  return null
}

/** The text without invisible characters; page starts are adjusted. */
function withoutUnseen(read: ExtractedText): ExtractedText {
  const clean = (text: string) => text.replace(unseen, '').replace(latinJoiner, '')
  const { pageStarts, text } = read
  const pages = pageStarts.length === 0 ? [text] : pageStarts.map((start, at) => text.slice(start, pageStarts[at + 1]))
  let length = 0
  const starts: number[] = []
  const cleaned = pages.map((page) => {
    starts.push(length)
    const words = clean(page)
    length += words.length
    return words
  })
  return { ...read, text: cleaned.join(''), pageStarts: pageStarts.length === 0 ? [] : starts }
}
