import { markdownLines } from './markdown-lines.ts'

/** A heading with the text up to the next one, or the text before the first. Offsets are UTF-16 units. */
export interface Section {
  /** The headings above this text, outermost first. */
  readonly headings: readonly Heading[]
  /** The start of the heading's line. */
  readonly from: number
  /** The text, with surrounding blanks; empty where `start` is `end`. */
  readonly start: number
  readonly end: number
}

export interface Heading {
  readonly level: number
  readonly title: string
  /** Its lines in the text; both 0 for the title of the front matter. */
  readonly from: number
  readonly to: number
}

interface OpenSection {
  readonly path: readonly Heading[]
  readonly from: number
  readonly start: number
}

/**
 * Splits Markdown at its headings. Text without any is one section; code lines that look like headings are code. A
 * heading without text becomes the text of its own section, so that its words are kept. Front matter is a separate
 * section, and its title a heading above texts that begin without one.
 */
export function* markdownSections(text: string): Generator<Section> {
  let open: OpenSection = { path: [], from: 0, start: 0 }
  const close = (end: number, nextLevel: number): Section => {
    const { path, from, start } = open
    const isEmpty = path.length > 0 && text.slice(start, end).trim() === ''
    if (!isEmpty) return { headings: path, from, start, end }
    const isLeaf = from < start && nextLevel <= (path.at(-1)?.level ?? 0)
    return isLeaf
      ? { headings: path.slice(0, -1), from, start: from, end }
      : { headings: path, from, start, end: start }
  }
  for (const mark of markdownLines(text)) {
    if (mark.kind === 'front-matter') {
      yield { headings: [], from: mark.from, start: mark.from, end: mark.to }
      const title = { level: 0, title: mark.title ?? '', from: 0, to: 0 }
      open = { path: mark.title === undefined ? [] : [title], from: mark.to, start: mark.to }
      continue
    }
    const { level, title, from, to } = mark
    yield close(from, level)
    const above = open.path.filter((one) => one.level < level && !(level === 1 && one.level === 0))
    open = { path: [...outermost(above, level), { level, title, from, to }], from, start: to }
  }
  yield close(text.length, 0)
}

/** The headings above a new one of this level. */
function outermost(path: readonly Heading[], level: number): readonly Heading[] {
  const end = path.findIndex((one) => one.level >= level)
  return end < 0 ? path : path.slice(0, end)
}
