import { parseDocument } from 'htmlparser2'

type Node = ReturnType<typeof parseDocument>['children'][number]
export type XmlElement = Extract<Node, { attribs: Record<string, string> }>

/** The root of an XML part; each element has its start and end in the source. */
export function xmlTree(source: string): { readonly children: readonly Node[] } {
  return parseDocument(source, { xmlMode: true, withStartIndices: true, withEndIndices: true })
}

/** All elements of a name, in order. */
export function* elementsOf(tree: { readonly children: readonly Node[] }, ...names: string[]): Generator<XmlElement> {
  const waiting = [...tree.children].reverse()
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (!('children' in node)) continue
    if ('attribs' in node && names.includes(node.name)) yield node
    for (let at = node.children.length - 1; at >= 0; at -= 1) waiting.push(node.children[at] as Node)
  }
}

/** The element at a path of names, each a child of the one before. */
export function child(parent: XmlElement | undefined, ...path: string[]): XmlElement | undefined {
  let found = parent
  for (const name of path) {
    found = found?.children.find((node): node is XmlElement => 'attribs' in node && node.name === name)
  }
  return found
}

/** All text inside. */
export function textWithin(element: { readonly children: readonly Node[] }): string {
  let text = ''
  const waiting = [...element.children].reverse()
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if ('data' in node && node.type === 'text') text += node.data
    else if ('children' in node)
      for (let at = node.children.length - 1; at >= 0; at -= 1) waiting.push(node.children[at] as Node)
  }
  return text
}
