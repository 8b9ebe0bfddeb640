/** A heading with the text up to the next one, or the text before the first. Offsets are of UTF-16 units. */
export interface Section {
  /** The headings above this text, the outermost first. */
  readonly headings: readonly string[]
  /** Where the heading's line begins. */
  readonly from: number
  /** The text, with blanks around it; nothing where `start` is `end`. */
  readonly start: number
  readonly end: number
}

interface OpenSection {
  readonly path: readonly Heading[]
  readonly from: number
  readonly start: number
}

interface Heading {
  readonly level: number
  readonly title: string
}

const heading = /^ {0,3}(#{1,6})[ \t]+([^ \t].*)$/
const blanks = ' \t'
const fence = /^ {0,3}(`{3,}|~{3,})/

/**
 * Cuts Markdown at its headings. Text without any is one section; lines of code that look like headings are code. A
 * heading with nothing under it is itself the text of its section, so that its words are not lost.
 */
export function* markdownSections(text: string): Generator<Section> {
  let open: OpenSection = { path: [], from: 0, start: 0 }
  let openFence: string | undefined
  const close = (end: number, nextLevel: number): Section => {
    const { path, from, start } = open
    const headings = path.map(({ title }) => title)
    const isEmpty = path.length > 0 && text.slice(start, end).trim() === ''
    if (!isEmpty) return { headings, from, start, end }
    const isLeaf = nextLevel <= (path.at(-1)?.level ?? 0)
    return isLeaf ? { headings: headings.slice(0, -1), from, start: from, end } : { headings, from, start, end: start }
  }
  for (const { line, start, next } of lines(text)) {
    const mark = fence.exec(line)?.[1]
    if (mark !== undefined) {
      if (openFence === undefined) openFence = mark
      else if (mark.startsWith(openFence)) openFence = undefined
    }
    const [, hashes, words] = openFence === undefined && mark === undefined ? (heading.exec(line) ?? []) : []
    if (hashes === undefined || words === undefined) continue
    const title = titleOf(words)
    const level = hashes.length
    yield close(start, level)
    const above = open.path.findIndex((one) => one.level >= level)
    const path = [...(above < 0 ? open.path : open.path.slice(0, above)), { level, title }]
    open = { path, from: start, start: next }
  }
  yield close(text.length, 0)
}

/** Without the hashes that may close a heading. Step by step: an expression would take very long on very many blanks. */
function titleOf(words: string): string {
  return without(without(without(words, blanks), '#'), blanks) || '#'
}

function without(text: string, ending: string): string {
  let end = text.length
  while (end > 0 && ending.includes(text.charAt(end - 1))) end -= 1
  return text.slice(0, end)
}

function* lines(text: string): Generator<{ line: string; start: number; next: number }> {
  let start = 0
  for (const { 0: end, index } of text.matchAll(/\r\n|\r|\n/g)) {
    const next = index + end.length
    yield { line: text.slice(start, index), start, next }
    start = next
  }
  yield { line: text.slice(start), start, next: text.length }
}
