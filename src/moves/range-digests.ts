import { createHash, type Hash } from 'node:crypto'

/** A run of records that follow each other in the order of their ids. */
export interface RangeDigest {
  readonly firstId: string
  readonly lastId: string
  readonly records: number
  /** SHA-256 over the records' digests in the order of their ids. */
  readonly digest: string
}

/** Ranges that a report has at most, so that it can be kept as one document. */
const rangesAtMost = 1000
const recordsAtLeast = 1000

/** Records a range, for a place of so many. */
export function rangeSizeFor(records: number): number {
  return Math.max(recordsAtLeast, Math.ceil(records / rangesAtMost))
}

/** Digests by range, so that two reports of one place say where they differ and not only that they do. */
export class RangeDigests {
  readonly #size: number
  readonly #ranges: RangeDigest[] = []
  #open: { readonly firstId: string; lastId: string; records: number; readonly hash: Hash } | undefined

  constructor(size: number) {
    this.#size = size
  }

  /** In the order of the ids. */
  add(id: string, digest: string): void {
    this.#open ??= { firstId: id, lastId: id, records: 0, hash: createHash('sha256') }
    this.#open.lastId = id
    this.#open.records += 1
    this.#open.hash.update(digest)
    if (this.#open.records === this.#size) this.#close()
  }

  /** All of them; nothing is added afterwards. */
  end(): readonly RangeDigest[] {
    this.#close()
    return this.#ranges
  }

  #close(): void {
    if (this.#open === undefined) return
    const { hash, ...range } = this.#open
    this.#ranges.push({ ...range, digest: hash.digest('hex') })
    this.#open = undefined
  }
}
