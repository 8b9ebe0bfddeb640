import { Parser } from 'htmlparser2'
import { type ExtractCaps, textTooLong, Unreadable } from '../text/caps.ts'
import { fieldText, HtmlSelect } from './html-fields.ts'
import { isUnseen } from './html-unseen.ts'
import { MarkdownWriter } from './markdown-writer.ts'

/** A shorter main part is an empty frame for a script, or a minor part of the page: then the whole page counts. */
const mainLengthMin = 100
const mainShareMin = { main: 0.1, article: 0.5 } as const

/** Nesting limit: the parser's time grows with the depth of each tag. */
const depthMax = 20_000
/** Signs between the parts of an equation, put before the second part. */
const mathSigns: Readonly<Record<string, string>> = { msup: '^', msub: '_', mfrac: '/' }

/**
 * A page as Markdown: headings, paragraphs, lists, tables, quotes, code, and the values of its fields. The site's frame
 * around the main part and invisible content are left out. It takes one pass without a tree, and fetches nothing that
 * the page refers to.
 *
 * @throws Unreadable when the text is too long, or tags are nested too deep.
 */
export function htmlToMarkdown(
  html: string,
  caps: Pick<ExtractCaps, 'textLength'>,
): { text: string; title: string | null } {
  const writer = new MarkdownWriter()
  const select = new HtmlSelect()
  let skipped = 0
  let mainDepth = 0
  let articleDepth = 0
  let drawings = 0
  /** Annotations above or beside letters of the base text (ruby), held back to its end so that its words stay whole. */
  let readings: string | undefined
  let isReading = false
  /** Ids of parts that a button of the page opens. */
  const opened = new Set<string>()
  let title: string | undefined
  let inTitle = false
  const open: {
    readonly name: string
    readonly part: 'main' | 'article' | undefined
    children: number
    hint: string | undefined
  }[] = []
  const place = (): void => {
    writer.part = mainDepth > 0 ? 'main' : articleDepth > 0 ? 'article' : 'around'
  }
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        if (name === 'title' && title === undefined && drawings === 0) [title, inTitle] = ['', true]
        const isDrawn = drawings > 0
        for (const id of attributes['aria-controls']?.split(/\s+/) ?? []) opened.add(id)
        if (skipped > 0 || isUnseen(name, attributes, { isDrawn, isOpened: opened.has(attributes.id ?? '') })) {
          skipped += 1
          if (skipped > depthMax) throw tooDeep()
          return
        }
        const part = name === 'main' || attributes.role === 'main' ? 'main' : name === 'article' ? 'article' : undefined
        const parent = open.at(-1)
        if (parent !== undefined) {
          parent.children += 1
          const sign = mathSigns[parent.name]
          if (sign !== undefined && parent.children === 2) writer.text(sign)
        }
        open.push({ name, part, children: 0, hint: attributes.placeholder })
        if (open.length > depthMax) throw tooDeep()
        if (part !== undefined) writer.endBlock()
        if (part === 'main') mainDepth += 1
        if (part === 'article') articleDepth += 1
        place()
        if (name === 'svg') drawings += 1
        if (name === 'ruby') readings = ''
        isReading = name === 'rt' && readings !== undefined
        if (name === 'button' || name === 'option' || (drawings > 0 && name === 'text')) writer.text(' ')
        if (select.open(name, attributes)) return
        writer.open(name, attributes)
        if (name === 'input') writer.text(fieldText(attributes))
      },
      ontext(text) {
        if (inTitle) title += text
        if (skipped > 0) return
        if (select.text(text)) return
        if (isReading) {
          readings += text.trim()
          return
        }
        const within = open.at(-1)
        if (within?.name === 'textarea') {
          if (text.trim() !== '') within.children += 1
          writer.lines(text)
        } else writer.text(text)
        if (writer.length > caps.textLength) throw textTooLong(caps)
      },
      onclosetag(name) {
        if (name === 'title') inTitle = false
        if (skipped > 0) {
          skipped -= 1
          return
        }
        if (name === 'svg') drawings -= 1
        if (name === 'rt') isReading = false
        if (name === 'ruby') {
          if (readings) writer.text(`(${readings})`)
          readings = undefined
        }
        if (name === 'select') writer.text(` ${select.close()} `)
        if (name === 'button' || (drawings > 0 && name === 'text')) writer.text(' ')
        if (open.at(-1)?.name === 'textarea' && open.at(-1)?.children === 0) writer.text(open.at(-1)?.hint ?? '')
        writer.close(name)
        const part = open.pop()?.part
        if (part !== undefined) writer.endBlock()
        if (part === 'main') mainDepth -= 1
        if (part === 'article') articleDepth -= 1
        place()
      },
    },
    { decodeEntities: true },
  )
  parser.end(html)
  writer.endBlock()
  const all = writer.textOf()
  const main = (['main', 'article'] as const).find(
    (part) => writer.lengthOf(part) >= Math.max(mainLengthMin, all.length * mainShareMin[part]),
  )
  return { text: main === undefined ? all : writer.textOf(main), title: title?.replace(/\s+/g, ' ').trim() || null }
}

function tooDeep(): Unreadable {
  return new Unreadable(`The page nests more than ${depthMax} tags.`)
}
