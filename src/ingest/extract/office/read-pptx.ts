import { posix } from 'node:path'
import { htmlToMarkdown } from '../html/html-to-markdown.ts'
import type { ExtractCaps } from '../text/caps.ts'
import { Unreadable } from '../text/caps.ts'
import { titleOf } from './office-parts.ts'
import type { OpenZip } from './open-zip.ts'
import { element, type HtmlTags, xmlToHtml } from './xml-to-html.ts'
import { child, elementsOf, type XmlElement, xmlTree } from './xml-tree.ts'

const needed =
  /^(?:docProps\/core\.xml|ppt\/(?:presentation\.xml|(?:slides|notesSlides|diagrams)\/[^/]+\.xml)|ppt\/(?:slides\/)?_rels\/[^/]+\.rels)$/
const utf8 = new TextDecoder()
const skipped: HtmlTags = { before: '', after: '', isSkipped: true }
/** Placeholders that repeat on every slide, or show the slide as a thumbnail. */
const furniture = new Set(['dt', 'ftr', 'sldNum', 'hdr', 'sldImg'])

export function isPptx(zip: Pick<OpenZip, 'names'>): boolean {
  return zip.names.has('ppt/presentation.xml')
}

/**
 * A presentation as Markdown: its slides in order, each below its title, with tables, diagrams and notes. No maintained
 * library reads only text and needs no other programs, so its XML (ECMA-376, part 1, 19 and 21) is converted to HTML,
 * which is then read.
 *
 * @throws Unreadable
 */
export async function readPptx(zip: OpenZip, caps: ExtractCaps): Promise<{ text: string; title: string | null }> {
  const parts = await zip.read((name) => needed.test(name))
  const sourceOf = (name: string) => utf8.decode(parts.get(name) ?? new Uint8Array())
  const slides = linksOf(sourceOf('ppt/_rels/presentation.xml.rels'), 'ppt')
  const ids = [...elementsOf(xmlTree(sourceOf('ppt/presentation.xml')), 'p:sldId')].map(
    (one) => one.attribs['r:id'] ?? '',
  )
  let html = ''
  for (const id of ids) {
    const name = slides.get(id)?.target ?? ''
    if (!parts.has(name)) continue
    html += slideHtml(sourceOf(name))
    for (const { kind, target } of linksOf(sourceOf(relsOf(name)), posix.dirname(name)).values()) {
      if (kind === 'notesSlide' || kind === 'diagramData') html += slideHtml(sourceOf(target))
    }
  }
  if (ids.length === 0) throw new Unreadable('The PowerPoint file is broken, or has no slides.')
  return { text: htmlToMarkdown(html, caps).text, title: titleOf(parts.get('docProps/core.xml')) }
}

function slideHtml(source: string): string {
  return `<div>${xmlToHtml(xmlTree(source), tagsOf, ({ name }) => name === 'a:t')}</div>`
}

function tagsOf(one: XmlElement): HtmlTags | undefined {
  switch (one.name) {
    case 'mc:Fallback':
    case 'p:timing':
      return skipped
    case 'p:sp': {
      const type = child(one, 'p:nvSpPr', 'p:nvPr', 'p:ph')?.attribs.type ?? ''
      if (furniture.has(type)) return skipped
      return type === 'title' || type === 'ctrTitle' ? element('h1') : element('div')
    }
    case 'a:p':
      return isInTitle(one) ? { before: ' ', after: ' ' } : element('p')
    case 'a:br':
      return { before: '<br>', after: '' }
    case 'a:tab':
      return { before: ' ', after: '' }
    case 'a:tbl':
      return element('table')
    case 'a:tr':
      return element('tr')
    case 'a:tc':
      if (one.attribs.hMerge === '1' || one.attribs.vMerge === '1') return skipped
      return element('td', { colspan: one.attribs.gridSpan, rowspan: one.attribs.rowSpan })
    default:
      return undefined
  }
}

function isInTitle({ parent }: XmlElement): boolean {
  const shape = parent?.parent
  if (shape == null || !('attribs' in shape) || shape.name !== 'p:sp') return false
  return /^(?:ctrT|t)itle$/.test(child(shape, 'p:nvSpPr', 'p:nvPr', 'p:ph')?.attribs.type ?? '')
}

function relsOf(name: string): string {
  return `${posix.dirname(name)}/_rels/${posix.basename(name)}.rels`
}

/** Targets of a part's relationships by id: the last word of the link's kind, and the part's name. */
function linksOf(
  source: string,
  folder: string,
): ReadonlyMap<string, { readonly kind: string; readonly target: string }> {
  return new Map(
    [...elementsOf(xmlTree(source), 'Relationship')].map(({ attribs: { Id = '', Type = '', Target = '' } }) => {
      const target = Target.startsWith('/') ? Target.slice(1) : posix.join(folder, Target)
      return [Id, { kind: posix.basename(Type), target }]
    }),
  )
}
