import { fits, sizeOf } from './chunk-size.ts'
import type { Heading, Section } from './markdown-sections.ts'

/** Headings are repeated in each chunk, so they must leave space for the text. */
const headingLengthMax = 200

/** A section's headings in its chunks. */
export interface HeadingPath {
  /** The headings repeated in each chunk, as in `Bikes > Brakes`: the inner ones that fit. */
  readonly path: string | null
  /** Headings that do not fit and are in no chunk yet: their lines become text of the section, or before it. */
  readonly asText: readonly Heading[]
}

/** Decides the headings of one text's sections, in order, so that each heading's words are in some chunk. */
export class HeadingPaths {
  readonly #tokens: number
  /** Start offsets of headings that some chunk contains. */
  readonly #shown = new Set<number>()

  /** @param tokens of a chunk; its headings take up to a third. */
  constructor(tokens: number) {
    this.#tokens = Math.floor(tokens / 3)
  }

  of({ headings }: Pick<Section, 'headings'>): HeadingPath {
    // A longer one is a paragraph which looks like a heading.
    const short = headings.filter(({ title }) => this.#fits(title))
    let from = 0
    while (from < short.length && !this.#fits(joined(short.slice(from)))) from += 1
    const told = short.slice(from)
    const asText = headings.filter((one) => !told.includes(one) && one.from < one.to && !this.#shown.has(one.from))
    for (const one of headings) this.#shown.add(one.from)
    return { path: told.length === 0 ? null : joined(told), asText }
  }

  #fits(path: string): boolean {
    return path.length <= headingLengthMax && fits(sizeOf(path), this.#tokens)
  }
}

function joined(headings: readonly Heading[]): string {
  return headings.map(({ title }) => title).join(' > ')
}
