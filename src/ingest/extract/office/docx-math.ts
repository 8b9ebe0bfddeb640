import { child, textWithin, type XmlElement } from './xml-tree.ts'

/** Deeper equations are reduced to their letters. */
const depthMax = 50

/** An equation on one line, as one would type it: `A=pi*r^2`, `(a+b)/2`. */
export function mathText(element: XmlElement, depth = 0): string {
  if (depth > depthMax) return textWithin(element)
  const within = (...path: string[]): string => {
    const found = child(element, ...path)
    return found === undefined ? '' : mathText(found, depth + 1)
  }
  switch (element.name) {
    case 'm:t':
    case 'w:t':
      return textWithin(element)
    case 'm:sSup':
      return `${within('m:e')}^${grouped(within('m:sup'))}`
    case 'm:sSub':
      return `${within('m:e')}_${grouped(within('m:sub'))}`
    case 'm:sSubSup':
      return `${within('m:e')}_${grouped(within('m:sub'))}^${grouped(within('m:sup'))}`
    case 'm:f':
      return `${grouped(within('m:num'))}/${grouped(within('m:den'))}`
    case 'm:rad':
      return `√${grouped(within('m:e'))}`
    case 'm:d':
      return `(${childrenText(element, depth)})`
    case 'm:nary': {
      const sign = child(element, 'm:naryPr', 'm:chr')?.attribs['m:val'] ?? '∫'
      const [from, to] = [within('m:sub'), within('m:sup')]
      return `${sign}${from && `_${grouped(from)}`}${to && `^${grouped(to)}`} ${within('m:e')}`
    }
    default:
      return childrenText(element, depth)
  }
}

function childrenText(element: XmlElement, depth: number): string {
  return element.children.map((node) => ('attribs' in node ? mathText(node, depth + 1) : '')).join('')
}

function grouped(text: string): string {
  return text.length <= 1 || /^[\p{L}\p{N}.]+$/u.test(text) ? text : `(${text})`
}
