import { getDocumentProxy } from 'unpdf'
import { type ExtractCaps, textTooLong, Unreadable } from '../text/caps.ts'
import { isByTex, withAccents } from './pdf-accents.ts'
import { CharacterMaps } from './pdf-cmaps.ts'
import { readingLines } from './pdf-columns.ts'
import { withDrawnWords } from './pdf-drawn.ts'
import { pageRuns, type TextItem } from './pdf-items.ts'
import { withLigatures } from './pdf-ligatures.ts'
import { type PdfLine, segmentsOf } from './pdf-lines.ts'
import { pageNotes, withFields } from './pdf-notes.ts'
import { withoutRunning } from './pdf-running.ts'
import { pdfText } from './pdf-text.ts'

/**
 * The text of a PDF, page by page. It draws no fonts, runs no scripts, opens no attachments or links.
 *
 * @throws Unreadable
 */
export async function readPdf(
  bytes: Uint8Array,
  caps: ExtractCaps,
): Promise<{ text: string; title: string | null; pageStarts: number[] }> {
  // A copy: the library takes no Buffer, and keeps what it is given.
  const pdf = await getDocumentProxy(new Uint8Array(bytes), {
    disableFontFace: true,
    useSystemFonts: false,
    stopAtErrors: false,
    verbosity: 0,
    enableXfa: false,
    maxImageSize: 0,
    fontExtraProperties: true,
    cMapUrl: 'cmaps/',
    cMapPacked: true,
    useWorkerFetch: false,
    BinaryDataFactory: CharacterMaps,
  }).catch(refuse)
  if (pdf.numPages > caps.pages) {
    throw new Unreadable(`The PDF has ${pdf.numPages} pages; ${caps.pages} are read at most. Split it.`)
  }
  const { info } = await pdf.getMetadata().catch(() => ({ info: {} }))
  const whole = isByTex(info) ? withAccents : (words: string) => words
  const pages: PdfLine[][] = []
  const asides: string[][] = []
  let length = 0
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const page = await pdf.getPage(number).catch(refuse)
    const { items } = await page.getTextContent({ disableNormalization: false }).catch(refuse)
    // A broken annotation is no reason to lose the page.
    const annotations = await page.getAnnotations().catch(() => [])
    const { items: fields, notes } = pageNotes(await withDrawnWords(page, annotations).catch(() => annotations))
    const drawn = items.filter((item) => 'str' in item)
    const text: readonly TextItem[] = await withLigatures(page, drawn).catch(() => drawn)
    const { upright, askew } = pageRuns(withFields(text, fields))
    const lines = readingLines(segmentsOf(upright)).map((line) => ({ ...line, text: whole(line.text) }))
    const beside = [...segmentsOf(askew).map((segment) => segment.text), ...notes]
    for (const words of [...lines.map((line) => line.text), ...beside]) length += words.length
    if (length > caps.textLength) throw textTooLong(caps)
    pages.push(lines)
    asides.push(beside)
    page.cleanup()
  }
  if (length === 0) {
    throw new Unreadable('The PDF has no text; it may be a scan. Run text recognition (OCR) over it first.')
  }
  const title = 'Title' in info && typeof info.Title === 'string' ? info.Title.trim() : ''
  const { pages: bodies, ...running } = withoutRunning(pages)
  const cleared = bodies.map((lines, at) => ({ lines, asides: asides[at] ?? [] }))
  return { ...pdfText(cleared, running), title: title === '' ? null : title }
}

function refuse(cause: unknown): never {
  if (cause instanceof Error && cause.name === 'PasswordException') {
    throw new Unreadable('The PDF is encrypted. Save it without a password.', { cause })
  }
  throw new Unreadable('The PDF is broken: it cannot be read.', { cause })
}
