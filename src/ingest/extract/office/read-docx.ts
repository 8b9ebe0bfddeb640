import { zipSync } from 'fflate'
import mammoth from 'mammoth'
import { htmlToMarkdown } from '../html/html-to-markdown.ts'
import { type ExtractCaps, Unreadable } from '../text/caps.ts'
import { numberedMark, rewritten } from './docx-rewrite.ts'
import { noDoctype, titleOf } from './office-parts.ts'
import type { OpenZip } from './open-zip.ts'

/** Parts with text, styles, numbering, notes and relationships; never pictures, fonts or embedded files. */
const needed =
  /^(\[Content_Types\]\.xml|_rels\/[^/]+\.rels|word\/[^/]+\.xml|word\/_rels\/[^/]+\.rels|docProps\/core\.xml)$/

/** A prefix with a hyphen that only prevents a line break: one word. */
const prefix = /\b(non|pre|re|co|un|anti|multi|sub|semi|inter)\u2011(?=\p{Ll})/giu

export function isDocx(zip: Pick<OpenZip, 'names'>): boolean {
  return [...zip.names].some((name) => /^word\/document\d*\.xml$/.test(name))
}

/**
 * A Word file as Markdown. Only the needed parts are unpacked, under a cap, and passed on; nothing else in the file is
 * read.
 *
 * @throws Unreadable
 */
export async function readDocx(zip: OpenZip, caps: ExtractCaps): Promise<{ text: string; title: string | null }> {
  const parts = await zip.read((name) => needed.test(name))
  noDoctype(parts, 'a Word file as Word')
  const buffer = Buffer.from(zipSync(Object.fromEntries(rewritten(parts)), { level: 0 }))
  const options = {
    externalFileAccess: false,
    styleMap: ["p[style-name='Title'] => h1:fresh", "p[style-name='Subtitle'] => p:fresh"],
    convertImage: mammoth.images.imgElement(async () => ({ src: '' })),
  }
  const { value: html } = await mammoth.convertToHtml({ buffer }, options).catch((cause) => {
    throw new Unreadable('The Word file is broken: it cannot be read.', { cause })
  })
  const text = closeItems(htmlToMarkdown(html, caps).text)
  return { text, title: titleOf(parts.get('docProps/core.xml')) }
}

/** Joins list items that are separated like paragraphs. */
function closeItems(text: string): string {
  const items = new RegExp(`^(${numberedMark}.*)\\n\\n(?=${numberedMark})`, 'gm')
  const indents = new RegExp(`${numberedMark}(${numberedMark}*)`, 'g')
  const together = text.replace(items, '$1\n').replace(indents, (_, deeper: string) => '  '.repeat(deeper.length))
  return together.replace(prefix, '$1').replaceAll('\u2011', '-')
}
