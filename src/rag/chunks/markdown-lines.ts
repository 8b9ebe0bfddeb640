import { frontMatter } from './front-matter.ts'

/** A mark that divides a text. `from` and `to` are its lines, in UTF-16 units. */
export type MarkdownMark =
  | { readonly kind: 'front-matter'; readonly title: string | undefined; readonly from: number; readonly to: number }
  | {
      readonly kind: 'heading'
      readonly level: number
      readonly title: string
      readonly from: number
      readonly to: number
    }

const heading = /^ {0,3}(#{1,6})[ \t]+([^ \t].*)$/
/** CommonMark accepts a single sign; plain texts have such lines too (`-- ` begins a mail's signature). */
const underline = /^ {0,3}(?:(={2,})|-{3,})[ \t]*$/
/** A longer paragraph is no heading, whatever line follows it. */
const underlinedMax = 2_000
const openingFence = /^ {0,3}(?:(`{3,})[^`]*|(~{3,}).*)$/
const closingFence = /^ {0,3}(`{3,}|~{3,})[ \t]*$/
/** The start of a non-paragraph: a list item, a quote, a table row, indented code. */
const otherBlock = /^(?: {0,3}(?:[-*+]|\d{1,9}[.)])[ \t]| {0,3}[>|]| {4}|\t)/
const htmlBlock = /^ {0,3}<(?:(!--)|(pre|script|style|textarea)(?=[\s>]|$))/i
const blanks = ' \t'

/**
 * The headings of a Markdown text and its front matter, by CommonMark's rules for fences, underlined headings and HTML
 * blocks. It is a line scanner instead of a library's tree: it takes one pass over ten million characters, yields to
 * other texts between lines, and reports offsets.
 */
export function* markdownLines(text: string): Generator<MarkdownMark> {
  const matter = frontMatter(text)
  if (matter !== undefined) yield { kind: 'front-matter', from: 0, ...matter }
  let fence: string | undefined
  let htmlEnd: string | undefined
  /** Start of the paragraph above; `other`: the block above is no paragraph. */
  let paragraph: number | 'other' | undefined
  for (const { line, start, next } of lines(text, matter?.to ?? 0)) {
    const above = paragraph
    paragraph = undefined
    if (fence !== undefined) {
      if (closingFence.exec(line)?.[1]?.startsWith(fence)) fence = undefined
      continue
    }
    if (htmlEnd !== undefined) {
      if (line.toLowerCase().includes(htmlEnd)) htmlEnd = undefined
      continue
    }
    const opening = openingFence.exec(line)
    if (opening !== null) {
      fence = opening[1] ?? opening[2]
      continue
    }
    const [, hashes, words] = heading.exec(line) ?? []
    if (hashes !== undefined && words !== undefined) {
      yield { kind: 'heading', level: hashes.length, title: titleOf(words), from: start, to: next }
      continue
    }
    const rule = underline.exec(line)
    if (rule !== null) {
      const title = typeof above === 'number' && start - above <= underlinedMax ? oneLine(text.slice(above, start)) : ''
      if (typeof above === 'number' && title !== '') {
        yield { kind: 'heading', level: rule[1] === undefined ? 2 : 1, title, from: above, to: next }
      }
      continue
    }
    htmlEnd = htmlEndOf(line)
    if (htmlEnd === undefined && line.trim() !== '') paragraph = above ?? (otherBlock.test(line) ? 'other' : start)
    if (typeof above === 'number' && otherBlock.test(line) && !/^(?: {4}|\t)/.test(line)) paragraph = 'other'
  }
}

/** The words that end an HTML block which this line begins but does not end. */
function htmlEndOf(line: string): string | undefined {
  const [begins, comment, tag] = htmlBlock.exec(line) ?? []
  if (begins === undefined) return undefined
  const end = comment === undefined ? `</${tag?.toLowerCase()}>` : '-->'
  return line.toLowerCase().includes(end, begins.length) ? undefined : end
}

/** The title without closing hashes. It proceeds step by step: an expression would take very long on many blanks. */
function titleOf(words: string): string {
  return oneLine(without(without(without(words, blanks), '#'), blanks)) || '#'
}

function oneLine(words: string): string {
  return words.replace(/\s+/g, ' ').trim()
}

function without(text: string, ending: string): string {
  let end = text.length
  while (end > 0 && ending.includes(text.charAt(end - 1))) end -= 1
  return text.slice(0, end)
}

function* lines(text: string, from: number): Generator<{ line: string; start: number; next: number }> {
  let start = from
  const ends = /\r\n|\r|\n/g
  ends.lastIndex = from
  for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
    const next = end.index + end[0].length
    yield { line: text.slice(start, end.index), start, next }
    start = next
  }
  yield { line: text.slice(start), start, next: text.length }
}
