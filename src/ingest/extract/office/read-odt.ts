import { htmlToMarkdown } from '../html/html-to-markdown.ts'
import type { ExtractCaps } from '../text/caps.ts'
import { Unreadable } from '../text/caps.ts'
import { titleOf } from './office-parts.ts'
import type { OpenZip } from './open-zip.ts'
import { element, type HtmlTags, xmlToHtml } from './xml-to-html.ts'
import { child, elementsOf, type XmlElement, xmlTree } from './xml-tree.ts'

const utf8 = new TextDecoder()
const skipped: HtmlTags = { before: '', after: '', isSkipped: true }
const unread = new Set([
  'office:annotation',
  'text:tracked-changes',
  'office:forms',
  'svg:title',
  'svg:desc',
  'text:note-citation',
  'table:covered-table-cell',
  'office:scripts',
  'office:font-face-decls',
  'office:automatic-styles',
])
/** Elements that contain text, directly or in spans. */
const holders =
  /^text:(?:p|h|span|a|ruby-base|bookmark-ref|reference-ref|sequence|placeholder|user-.*|date|time|.*-name|page-.*|conditional-text|meta.*|title|subject|description|chapter|number)$/
const types: Readonly<Record<string, string>> = { a: 'a', A: 'A', i: 'i', I: 'I' }

/**
 * An OpenDocument text as Markdown. No maintained library reads only text and needs no other programs, so its XML
 * (OpenDocument 1.3, part 3) is converted to HTML, which is then read.
 *
 * @throws Unreadable
 */
export async function readOdt(zip: OpenZip, caps: ExtractCaps): Promise<{ text: string; title: string | null }> {
  const parts = await zip.read((name) => /^(?:content|meta|META-INF\/manifest)\.xml$/.test(name))
  const content = parts.get('content.xml')
  if (content === undefined) throw new Unreadable('The OpenDocument file is broken: it has no content.')
  if (/manifest:encryption-data/.test(utf8.decode(parts.get('META-INF/manifest.xml') ?? new Uint8Array()))) {
    throw new Unreadable('The file is encrypted. Save it without a password.')
  }
  const tree = xmlTree(utf8.decode(content))
  const lists = listTypes(tree)
  const html = xmlToHtml(
    tree,
    (one) => tagsOf(one, lists),
    ({ name }) => holders.test(name),
  )
  return { text: htmlToMarkdown(html, caps).text, title: titleOf(parts.get('meta.xml')) }
}

function tagsOf(one: XmlElement, lists: ReadonlyMap<string, HtmlTags>): HtmlTags | undefined {
  const { name, attribs } = one
  if (unread.has(name)) return skipped
  switch (name) {
    case 'text:h':
      return element(`h${Math.min(6, Number(attribs['text:outline-level']) || 1)}`)
    case 'text:p':
      return element('p')
    case 'text:list':
      return lists.get(attribs['text:style-name'] ?? '') ?? element('ul')
    case 'text:list-item':
      return element('li', { value: attribs['text:start-value'] })
    case 'text:line-break':
      return { before: '<br>', after: '' }
    case 'text:tab':
    case 'text:s':
      return { before: ' ', after: '' }
    case 'text:note':
      return { before: ' (', after: ')' }
    case 'table:table':
      return element('table')
    case 'table:table-header-rows':
      return element('thead')
    case 'table:table-row':
      return element('tr')
    case 'table:table-cell':
      return element('td', {
        colspan: attribs['table:number-columns-spanned'],
        rowspan: attribs['table:number-rows-spanned'],
      })
    default:
      return undefined
  }
}

/** Numbering of each list style's first level: numbers, letters, or none. */
function listTypes(tree: ReturnType<typeof xmlTree>): ReadonlyMap<string, HtmlTags> {
  const found = new Map<string, HtmlTags>()
  for (const style of elementsOf(tree, 'text:list-style')) {
    const level = child(style, 'text:list-level-style-number')
    const format = level?.attribs['style:num-format'] ?? ''
    if (level !== undefined && format !== '') {
      const tags = element('ol', { type: types[format], start: level.attribs['text:start-value'] })
      found.set(style.attribs['style:name'] ?? '', tags)
    }
  }
  return found
}
