import type { XmlElement } from './xml-tree.ts'

type Node = XmlElement['children'][number]

/** HTML before and after an element's words, and whether those are read at all. */
export interface HtmlTags {
  readonly before: string
  readonly after: string
  /** Skips the element's whole content. */
  readonly isSkipped?: true
}

/** Text directly outside of text elements is layout whitespace of the file. */
const nothing: HtmlTags = { before: '', after: '' }
/** Nesting limit; no real document is deeper. */
const depthMax = 2_000

/** Converts an office program's XML to equivalent HTML. @param tagsOf undefined: only the content counts. */
export function xmlToHtml(
  root: { readonly children: readonly Node[] },
  tagsOf: (element: XmlElement) => HtmlTags | undefined,
  isText: (parent: XmlElement) => boolean,
): string {
  const pieces: string[] = []
  const walk = (node: Node, parent: XmlElement | undefined, depth: number): void => {
    if ('data' in node && node.type === 'text') {
      if (parent !== undefined && isText(parent)) pieces.push(escapedHtml(node.data))
      return
    }
    if (!('attribs' in node) || depth > depthMax) return
    const tags = tagsOf(node) ?? nothing
    pieces.push(tags.before)
    if (tags.isSkipped !== true) for (const child of node.children) walk(child, node, depth + 1)
    pieces.push(tags.after)
  }
  for (const node of root.children) walk(node, undefined, 0)
  return pieces.join('')
}

export function element(name: string, attributes: Readonly<Record<string, string | undefined>> = {}): HtmlTags {
  const said = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${escapedHtml(value)}"`],
  )
  return { before: `<${name}${said.join('')}>`, after: `</${name}>` }
}

function escapedHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
