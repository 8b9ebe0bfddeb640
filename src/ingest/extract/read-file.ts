import type { ExtractedText, FileInput } from '../extractor.ts'
import { type ExtractCaps, textTooLong, Unreadable } from './caps.ts'
import { charsetOf, decodeText } from './decode-text.ts'
import { containerOf, textKind } from './file-kind.ts'
import { htmlToMarkdown } from './html-to-markdown.ts'
import { openZip } from './open-zip.ts'
import { isDocx, readDocx } from './read-docx.ts'
import { readPdf } from './read-pdf.ts'

const metaCharset = /<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)/i

/**
 * Reads one file, here and now: to be called where it can do no harm.
 * @throws Unreadable; anything else is a fault of a reader that the file has found.
 */
export async function readFile(file: FileInput, caps: ExtractCaps): Promise<ExtractedText> {
  if (file.bytes.length === 0) throw new Unreadable('The file is empty.')
  const read = await readKind(file, caps)
  const text = read.text.toWellFormed().replaceAll('\0', ' ')
  if (text.trim() === '') throw new Unreadable('The file has no text.')
  if (text.length > caps.textLength) throw textTooLong(caps)
  return { ...read, text, title: read.title?.toWellFormed().slice(0, 500) ?? null }
}

async function readKind(file: FileInput, caps: ExtractCaps): Promise<ExtractedText> {
  switch (await containerOf(file.bytes)) {
    case 'pdf':
      return { kind: 'pdf', ...(await readPdf(file.bytes, caps)) }
    case 'zip': {
      const zip = await openZip(file.bytes, caps)
      if (!isDocx(zip)) {
        throw new Unreadable('This is a ZIP archive or a file of another program. Send the files in it one by one.')
      }
      return { kind: 'docx', ...(await readDocx(zip, caps)), pageStarts: [] }
    }
    case 'text':
      return readText(file, caps)
  }
}

function readText(file: FileInput, caps: ExtractCaps): ExtractedText {
  const head = Buffer.from(file.bytes.subarray(0, 2_048)).toString('latin1')
  const text = decodeText(file.bytes, charsetOf(file.contentType) ?? metaCharset.exec(head)?.[1])
  const kind = textKind(text, file)
  if (kind === 'html') return { kind, ...htmlToMarkdown(text, caps), pageStarts: [] }
  const title = kind === 'markdown' ? /^# +(\S.*)$/m.exec(text.slice(0, 4_096))?.[1]?.trim() : undefined
  return { kind, text, title: title ?? null, pageStarts: [] }
}
