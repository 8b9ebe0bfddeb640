import { commentsOf, paragraphOf } from './docx-comments.ts'
import { mathText } from './docx-math.ts'
import { DocxNumbering } from './docx-numbering.ts'
import { child, elementsOf, type XmlElement, xmlTree } from './xml-tree.ts'

/** Marks a paragraph whose number stands in its text, once per level; a noncharacter, which no text contains. */
export const numberedMark = '\ufdd0'

const texts = /^word\/(?:document\d*|footnotes|endnotes)\.xml$/
const utf8 = new TextDecoder()
const noList = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="0"/></w:numPr>'

interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
}

/**
 * Rewrites a Word file so that the Word library sees all its text: computed list numbers, equations, and each comment
 * below its paragraph. Runs formatted as hidden are removed.
 */
export function rewritten(parts: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  const sourceOf = (name: string) => utf8.decode(parts.get(name) ?? new Uint8Array())
  const stylesheet = sourceOf('word/styles.xml')
  const numbering = new DocxNumbering(sourceOf('word/numbering.xml'), stylesheet)
  const hidden = hiddenStyles(stylesheet)
  const comments = commentsOf(sourceOf('word/comments.xml'))
  return new Map(
    [...parts].map(([name, bytes]) => {
      if (!texts.test(name)) return [name, bytes]
      const source = utf8.decode(bytes)
      return [name, Buffer.from(edited(source, editsOf(source, { numbering, hidden, comments })))]
    }),
  )
}

interface Parts {
  readonly numbering: DocxNumbering
  readonly hidden: ReadonlySet<string>
  readonly comments: ReadonlyMap<string, string>
}

function editsOf(source: string, { numbering, hidden, comments }: Parts): Edit[] {
  const edits: Edit[] = []
  const replace = (element: XmlElement | undefined, text: string): void => {
    if (element?.startIndex == null || element.endIndex == null) return
    edits.push({ from: element.startIndex, to: element.endIndex + 1, text })
  }
  let goneTo = -1
  for (const element of elementsOf(xmlTree(source), 'w:p', 'w:r', 'm:oMath', 'w:commentReference')) {
    if ((element.startIndex ?? 0) < goneTo) continue
    if (element.name === 'w:commentReference') {
      const comment = comments.get(element.attribs['w:id'] ?? '')
      const after = (paragraphOf(element)?.endIndex ?? -1) + 1
      if (comment !== undefined && after > 0)
        edits.push({ from: after, to: after, text: `<w:p>${runOf(comment)}</w:p>` })
    } else if (element.name === 'm:oMath') {
      replace(element, runOf(mathText(element)))
      goneTo = element.endIndex ?? 0
    } else if (isHidden(element, hidden)) {
      replace(element, '')
      goneTo = element.endIndex ?? 0
    } else if (element.name === 'w:p') {
      const place = numbering.placeOf(element)
      const label = place === undefined ? undefined : numbering.labelOf(place)
      if (label === undefined || place === undefined) continue
      // It leaves the list, whatever its style says: the library would number it again.
      const own = child(element, 'w:pPr', 'w:numPr')
      const styled = (child(element, 'w:pPr', 'w:pStyle')?.endIndex ?? -1) + 1
      if (own !== undefined) replace(own, noList)
      else if (styled > 0) edits.push({ from: styled, to: styled, text: noList })
      const begin = (child(element, 'w:pPr')?.endIndex ?? source.indexOf('>', element.startIndex ?? 0)) + 1
      const style = child(element, 'w:pPr', 'w:pStyle')?.attribs['w:val'] ?? ''
      const mark = /^heading|^title/i.test(style) ? '' : numberedMark.repeat(Math.min(place.level, 5) + 1)
      edits.push({ from: begin, to: begin, text: runOf(`${mark}${label} `) })
    }
  }
  return edits
}

function isHidden(element: XmlElement, hidden: ReadonlySet<string>): boolean {
  if (element.name === 'w:p') return hidden.has(child(element, 'w:pPr', 'w:pStyle')?.attribs['w:val'] ?? '')
  return (
    isOn(child(element, 'w:rPr', 'w:vanish')) || hidden.has(child(element, 'w:rPr', 'w:rStyle')?.attribs['w:val'] ?? '')
  )
}

function hiddenStyles(stylesheet: string): ReadonlySet<string> {
  const ids = new Set<string>()
  for (const style of elementsOf(xmlTree(stylesheet), 'w:style')) {
    if (isOn(child(style, 'w:rPr', 'w:vanish'))) ids.add(style.attribs['w:styleId'] ?? '')
  }
  return ids
}

function isOn(flag: XmlElement | undefined): boolean {
  return flag !== undefined && !/^(?:0|false|off)$/.test(flag.attribs['w:val'] ?? '')
}

function runOf(text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return `<w:r><w:t xml:space="preserve">${escaped}</w:t></w:r>`
}

/** @param edits may be nested; an outer edit wins. */
function edited(source: string, edits: readonly Edit[]): string {
  const pieces: string[] = []
  let at = 0
  for (const { from, to, text } of edits.toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    if (from < at) continue
    pieces.push(source.slice(at, from), text)
    at = to
  }
  return [...pieces, source.slice(at)].join('')
}
