import { zipSync } from 'fflate'
import mammoth from 'mammoth'
import { type ExtractCaps, Unreadable } from './caps.ts'
import { htmlToMarkdown } from './html-to-markdown.ts'
import type { OpenZip } from './open-zip.ts'

/** Text, styles, numbering, notes and how they hang together; never pictures, fonts or embedded files. */
const needed =
  /^(\[Content_Types\]\.xml|_rels\/[^/]+\.rels|word\/[^/]+\.xml|word\/_rels\/[^/]+\.rels|docProps\/core\.xml)$/
const doctype = /<!DOCTYPE|<!ENTITY/i

export function isDocx(zip: Pick<OpenZip, 'names'>): boolean {
  return [...zip.names].some((name) => /^word\/document\d*\.xml$/.test(name))
}

/**
 * A Word file as Markdown. Its parts are unpacked under a cap and handed on unpacked, so that nothing else in it is ever
 * looked at.
 *
 * @throws Unreadable
 */
export async function readDocx(zip: OpenZip, caps: ExtractCaps): Promise<{ text: string; title: string | null }> {
  const parts = await zip.read((name) => needed.test(name))
  for (const [name, bytes] of parts) {
    // Office writes none. An entity could be expanded without end, or point out of the file.
    if (doctype.test(Buffer.from(bytes.subarray(0, 65_536)).toString('latin1'))) {
      throw new Unreadable(`The file is not a Word file as Word writes it: ${name} declares a document type.`)
    }
  }
  const buffer = Buffer.from(zipSync(Object.fromEntries(parts), { level: 0 }))
  const options = {
    externalFileAccess: false,
    styleMap: ["p[style-name='Title'] => h1:fresh", "p[style-name='Subtitle'] => p:fresh"],
    convertImage: mammoth.images.imgElement(async () => ({ src: '' })),
  }
  const { value: html } = await mammoth.convertToHtml({ buffer }, options).catch((cause) => {
    throw new Unreadable('The Word file is broken: it cannot be read.', { cause })
  })
  const core = parts.get('docProps/core.xml')
  return { text: htmlToMarkdown(html, caps).text, title: core === undefined ? null : titleOf(core) }
}

function titleOf(core: Uint8Array): string | null {
  const title = /<dc:title>([^<]{1,500})<\/dc:title>/.exec(Buffer.from(core).toString())?.[1]?.trim()
  if (title === undefined || title === '') return null
  return title.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => entities[name] ?? '')
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
