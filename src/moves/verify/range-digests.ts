import { chainDigest, emptyDigest } from './digests-of-many.ts'

/** A run of consecutive records in id order. */
export interface RangeDigest {
  readonly firstId: string
  readonly lastId: string
  readonly records: number
  /** SHA-256, chained over the records' digests in id order. */
  readonly digest: string
}

/** Complete ranges, and the present incomplete one: saved with the progress of a pass. */
export interface RangesSoFar {
  readonly ranges: readonly RangeDigest[]
  readonly open: RangeDigest | null
}

/** Ranges of a report, at most, so that it can be stored as one document. */
const rangesAtMost = 1000
const recordsAtLeast = 1000

/** Records per range for a place of this size. */
export function rangeSizeFor(records: number): number {
  return Math.max(recordsAtLeast, Math.ceil(records / rangesAtMost))
}

/** Digests by range, so that two reports of one place show where they differ. */
export class RangeDigests {
  readonly #size: number
  readonly #ranges: RangeDigest[]
  #open: RangeDigest | null

  constructor(size: number, begun?: RangesSoFar) {
    this.#size = size
    this.#ranges = [...(begun?.ranges ?? [])]
    this.#open = begun?.open ?? null
  }

  /** Adds a digest; call it in id order. */
  add(id: string, digest: string): void {
    const open = this.#open ?? { firstId: id, records: 0, digest: emptyDigest }
    this.#open = {
      firstId: open.firstId,
      lastId: id,
      records: open.records + 1,
      digest: chainDigest(open.digest, digest),
    }
    if (this.#open.records === this.#size) this.#close()
  }

  get soFar(): RangesSoFar {
    return { ranges: [...this.#ranges], open: this.#open }
  }

  /** All ranges; nothing is added afterwards. */
  end(): readonly RangeDigest[] {
    this.#close()
    return this.#ranges
  }

  #close(): void {
    if (this.#open === null) return
    this.#ranges.push(this.#open)
    this.#open = null
  }
}
