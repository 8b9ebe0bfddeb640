import { elementsOf, textWithin, type XmlElement, xmlTree } from './xml-tree.ts'

/** Comments of a Word file by id, each with its author: `Comment (Ada): Why so cheap?` */
export function commentsOf(source: string): ReadonlyMap<string, string> {
  const comments = new Map<string, string>()
  for (const comment of elementsOf(xmlTree(source), 'w:comment')) {
    const lines = [...elementsOf(comment, 'w:p')].map(lineOf).filter((line) => line !== '')
    const author = (comment.attribs['w:author'] ?? '').trim()
    const head = author === '' ? 'Comment' : `Comment (${author})`
    if (lines.length > 0) comments.set(comment.attribs['w:id'] ?? '', `${head}: ${lines.join(' ')}`)
  }
  return comments
}

/** The paragraph that contains an element. */
export function paragraphOf(element: XmlElement): XmlElement | undefined {
  for (let outer = element.parent; outer !== null; outer = outer.parent) {
    if ('attribs' in outer && outer.name === 'w:p') return outer
  }
  return undefined
}

/** Leaves out deleted words, which are in `w:delText`. */
function lineOf(paragraph: XmlElement): string {
  const pieces = [...elementsOf(paragraph, 'w:t', 'w:tab', 'w:br')]
  return pieces
    .map((piece) => (piece.name === 'w:t' ? textWithin(piece) : ' '))
    .join('')
    .trim()
}
