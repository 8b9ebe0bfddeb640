/** `[1]`, `[2, 3]`: what the prompt asks a model for. `[0]` and long numbers, as years, are no marks. */
const mark = / ?\[\s*[1-9]\d{0,2}(?:\s*,\s*[1-9]\d{0,2})*\s*\]/g
/** What the next piece may make a mark of: held back until that is known. */
const openEnd = / ?(?:\[[\d\s,]{0,40})?$/

/**
 * Checks the marks of an answer while it is written: those of sources that were given are noted, those of others
 * taken out.
 */
export class CitationCheck {
  readonly #sources: number
  readonly #cited = new Set<number>()
  readonly #removed = new Set<number>()
  #held = ''

  /** @param sources were given, numbered from 1. */
  constructor(sources: number) {
    this.#sources = sources
  }

  /** @returns what may be said by now. */
  push(text: string): string {
    const all = this.#held + text
    const at = all.search(openEnd)
    this.#held = all.slice(at)
    return this.#checked(all.slice(0, at))
  }

  /** @returns what was still held back. */
  end(): string {
    const last = this.#checked(this.#held)
    this.#held = ''
    return last
  }

  /** Numbers of the sources that were cited, in their order. */
  get cited(): readonly number[] {
    return inOrder(this.#cited)
  }

  /** Numbers that stand for no source. */
  get removed(): readonly number[] {
    return inOrder(this.#removed)
  }

  #checked(text: string): string {
    return text.replace(mark, (found) => {
      const numbers = (found.match(/\d+/g) ?? []).map(Number)
      const known = numbers.filter((number) => number <= this.#sources)
      for (const number of numbers) (number <= this.#sources ? this.#cited : this.#removed).add(number)
      if (known.length === numbers.length) return found
      if (known.length === 0) return ''
      return `${found.startsWith(' ') ? ' ' : ''}[${known.join(', ')}]`
    })
  }
}

function inOrder(numbers: ReadonlySet<number>): readonly number[] {
  return [...numbers].toSorted((a, b) => a - b)
}
