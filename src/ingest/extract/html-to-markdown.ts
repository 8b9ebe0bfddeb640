import { Parser } from 'htmlparser2'
import { type ExtractCaps, textTooLong, Unreadable } from './caps.ts'
import { MarkdownWriter } from './markdown-writer.ts'

/** What is no text of the page. */
const dropped = new Set([
  ...['script', 'style', 'noscript', 'template', 'svg', 'math', 'iframe', 'object', 'embed', 'canvas', 'audio'],
  ...['video', 'nav', 'select', 'button', 'textarea', 'head', 'dialog'],
])
/** Of the site and not of the page, where they stand beside its main part. */
const aroundMain = new Set(['footer', 'aside'])
const droppedRoles = new Set(['navigation', 'contentinfo', 'search', 'dialog', 'menu'])
/** A main part with less is an empty frame that a script would fill: then all of the page counts. */
const mainLengthMin = 100

/** The parser's time grows with the depth of each tag. */
const depthMax = 20_000

/**
 * A page as Markdown: headings, paragraphs, lists, tables, quotes and code. What stands around its main part, and what
 * a reader doesn't see, is left out. One pass, without a tree, and nothing that the page refers to is fetched.
 *
 * @throws Unreadable when the text is too long, or tags are nested too deep.
 */
export function htmlToMarkdown(
  html: string,
  caps: Pick<ExtractCaps, 'textLength'>,
): { text: string; title: string | null } {
  const writer = new MarkdownWriter()
  let skipped = 0
  let mainDepth = 0
  let articleDepth = 0
  let title: string | undefined
  let inTitle = false
  const open: ('main' | 'article' | undefined)[] = []
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        if (name === 'title' && title === undefined) [title, inTitle] = ['', true]
        if (skipped > 0 || isDropped(name, attributes, mainDepth + articleDepth > 0)) {
          skipped += 1
          if (skipped > depthMax) throw tooDeep()
          return
        }
        const part = name === 'main' || attributes.role === 'main' ? 'main' : name === 'article' ? 'article' : undefined
        open.push(part)
        if (open.length > depthMax) throw tooDeep()
        if (part === 'main') mainDepth += 1
        if (part === 'article') articleDepth += 1
        if (part !== undefined) writer.endBlock()
        writer.part = mainDepth > 0 ? 'main' : articleDepth > 0 ? 'article' : 'around'
        writer.open(name, attributes)
      },
      ontext(text) {
        if (inTitle) title += text
        if (skipped === 0) writer.text(text)
        if (writer.length > caps.textLength) throw textTooLong(caps)
      },
      onclosetag(name) {
        if (name === 'title') inTitle = false
        if (skipped > 0) {
          skipped -= 1
          return
        }
        writer.close(name)
        const part = open.pop()
        if (part !== undefined) writer.endBlock()
        if (part === 'main') mainDepth -= 1
        if (part === 'article') articleDepth -= 1
        writer.part = mainDepth > 0 ? 'main' : articleDepth > 0 ? 'article' : 'around'
      },
    },
    { decodeEntities: true },
  )
  parser.end(html)
  writer.endBlock()
  const text = [writer.textOf('main'), writer.textOf('article')].find((part) => part.length >= mainLengthMin)
  return { text: text ?? writer.textOf(), title: title?.replace(/\s+/g, ' ').trim() || null }
}

function isDropped(name: string, attributes: Record<string, string>, isInMain: boolean): boolean {
  if (dropped.has(name) || (aroundMain.has(name) && !isInMain)) return true
  if ('hidden' in attributes || attributes['aria-hidden'] === 'true') return true
  if (droppedRoles.has(attributes.role ?? '')) return true
  return /display\s*:\s*none|visibility\s*:\s*hidden/i.test(attributes.style ?? '')
}

function tooDeep(): Unreadable {
  return new Unreadable(`The page has more than ${depthMax} tags within each other.`)
}
