import { fits, type Size, sizeOf } from './chunk-size.ts'

/** A part of a text, by its offsets in UTF-16 units. */
export interface Range {
  readonly start: number
  readonly end: number
}

export interface ChunkLimits {
  /** Tokens of a chunk, at most. */
  readonly budget: number
  /** Tokens that a chunk repeats of the previous one, at most. */
  readonly overlap: number
}

export type Piece = Range & Size

/** Pieces after which other work gets its turn. */
const breathAfter = 256

/** Joins neighbouring pieces up to the limit; a chunk's last ones are repeated in the next. */
export class Gathering {
  readonly #text: string
  readonly #limits: ChunkLimits
  #held: Piece[] = []
  /** Held pieces that the previous chunk contains too. */
  #repeated = 0
  /** The end of the last chunk; a successor that adds only blanks is dropped. */
  #told = 0
  #added = 0
  #tokens = 0
  #bytes = 0

  constructor(text: string, limits: ChunkLimits) {
    this.#text = text
    this.#limits = limits
  }

  /**
   * @param piece one that fits alone.
   * @returns the chunk that has no more space for this piece; sometimes undefined, so that other work gets its turn.
   */
  *add(piece: Piece): Generator<Range | undefined> {
    this.#added += 1
    if (this.#added % breathAfter === 0) yield undefined
    const waiting = [piece]
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (this.#held.length > 0 && !this.#hasRoomFor(next)) {
        const tooMany = this.#takeBack()
        yield* this.#close()
        if (tooMany.length > 0) {
          this.#clear()
          waiting.unshift(...tooMany, next)
          continue
        }
        while (this.#held.length > 0 && (this.#tokens > this.#limits.overlap || !this.#hasRoomFor(next))) this.#drop()
        this.#repeated = this.#held.length
      }
      this.#held.push(next)
      this.#tokens += next.tokens
      this.#bytes += next.bytes
    }
  }

  /** The remaining chunk; the next piece begins anew. */
  *flush(): Generator<Range | undefined> {
    while (this.#held.length > 0) {
      const tooMany = this.#takeBack()
      yield* this.#close()
      this.#clear()
      for (const piece of tooMany) yield* this.add(piece)
    }
  }

  /**
   * Shrinks a chunk that is too large: joined pieces can, rarely, have more tokens than separately. The last ones are
   * taken back, except for a new one, and then the first repeated ones.
   */
  #takeBack(): Piece[] {
    const taken: Piece[] = []
    while (this.#held.length > 1 && !this.#isWithinRoom()) {
      const last = this.#held.length > this.#repeated + 1 ? this.#held.pop() : undefined
      if (last === undefined) this.#drop()
      else {
        taken.unshift(last)
        this.#tokens -= last.tokens
        this.#bytes -= last.bytes
      }
    }
    return taken
  }

  #isWithinRoom(): boolean {
    const { start, end } = this.#range()
    return fits(sizeOf(this.#text.slice(start, end)), this.#limits.budget)
  }

  *#close(): Generator<Range> {
    const range = this.#range()
    if (range.end > Math.max(range.start, this.#told)) yield range
    this.#told = Math.max(range.end, this.#told)
  }

  #range(): Range {
    return trimmed(this.#text, { start: this.#held[0]?.start ?? 0, end: this.#held.at(-1)?.end ?? 0 })
  }

  #hasRoomFor({ tokens, bytes }: Size): boolean {
    return fits({ tokens: this.#tokens + tokens, bytes: this.#bytes + bytes }, this.#limits.budget)
  }

  #drop(): void {
    const first = this.#held.shift()
    this.#repeated = Math.max(0, this.#repeated - 1)
    this.#tokens -= first?.tokens ?? 0
    this.#bytes -= first?.bytes ?? 0
  }

  #clear(): void {
    this.#held = []
    this.#repeated = 0
    this.#tokens = 0
    this.#bytes = 0
  }
}

/** The range without blanks at its ends. */
export function trimmed(text: string, { start, end }: Range): Range {
  const isBlank = (at: number): boolean => /\s/.test(text.charAt(at))
  let [from, to] = [start, end]
  while (from < to && isBlank(from)) from += 1
  while (to > from && isBlank(to - 1)) to -= 1
  return { start: from, end: to }
}
