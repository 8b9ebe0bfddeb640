import { posix } from 'node:path'
import { htmlCharset } from '../html/html-charset.ts'
import { htmlToMarkdown } from '../html/html-to-markdown.ts'
import { type ExtractCaps, textTooLong, Unreadable } from '../text/caps.ts'
import { decodeText } from '../text/decode-text.ts'
import { titleOf } from './office-parts.ts'
import type { OpenZip } from './open-zip.ts'
import { elementsOf, xmlTree } from './xml-tree.ts'

const utf8 = new TextDecoder()

/**
 * A book as Markdown: its chapters, which are pages of HTML, in reading order (EPUB 3.3, 5.7).
 *
 * @throws Unreadable
 */
export async function readEpub(zip: OpenZip, caps: ExtractCaps): Promise<{ text: string; title: string | null }> {
  const container = await partOf(zip, 'META-INF/container.xml')
  const [root] = elementsOf(xmlTree(utf8.decode(container)), 'rootfile')
  const packagePath = root?.attribs['full-path'] ?? ''
  const description = await partOf(zip, packagePath)
  const tree = xmlTree(utf8.decode(description))
  const items = new Map(
    [...elementsOf(tree, 'item', 'opf:item')].map(({ attribs }) => [attribs.id, attribs.href ?? '']),
  )
  const chapters = [...elementsOf(tree, 'itemref', 'opf:itemref')].map(({ attribs }) =>
    posix.join(posix.dirname(packagePath), decoded(items.get(attribs.idref) ?? '')),
  )
  const wanted = new Set(chapters)
  const parts = await zip.read((name) => wanted.has(name) || name === 'META-INF/encryption.xml')
  const locked = utf8.decode(parts.get('META-INF/encryption.xml') ?? new Uint8Array())
  let text = ''
  for (const name of chapters) {
    const bytes = parts.get(name)
    if (bytes === undefined) continue
    if (locked.includes(name)) throw new Unreadable('The book is encrypted. Save it without copy protection.')
    const page = decodeText(bytes, htmlCharset(Buffer.from(bytes.subarray(0, 8_192)).toString('latin1')))
    const read = htmlToMarkdown(page, caps).text
    if (read !== '') text += (text === '' ? '' : '\n\n') + read
    if (text.length > caps.textLength) throw textTooLong(caps)
  }
  return { text, title: titleOf(description) }
}

async function partOf(zip: OpenZip, wanted: string): Promise<Uint8Array> {
  const part = (await zip.read((name) => name === wanted)).get(wanted)
  if (part === undefined) throw new Unreadable(`The book is broken: it has no ${wanted || 'contents'}.`)
  return part
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
