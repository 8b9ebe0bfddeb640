import type { VectorRecord } from '../../stores/store.ts'
import type { Batch } from '../copy/read-ahead.ts'

/** The other listing, read as far as the first one has come. */
export class FollowedListing {
  readonly #batches: AsyncGenerator<Batch, undefined>
  #current: Batch | undefined
  #taken = 0

  constructor(batches: AsyncGenerator<Batch, undefined>) {
    this.#batches = batches
  }

  /** The start of the batch that was not fully consumed yet. */
  get cursor(): string | undefined {
    return this.#current?.cursor
  }

  /**
   * Ids listed up to this one and not returned before, with their records if they still exist; undefined: all the rest,
   * without records.
   */
  async upTo(last: string | undefined): Promise<Map<string, VectorRecord | undefined>> {
    const found = new Map<string, VectorRecord | undefined>()
    for (;;) {
      const { ids, records } = this.#current ?? { ids: [], records: new Map() }
      // Byte order of UTF-8 and of UTF-16 differ only beyond the ASCII that ids are made of.
      for (let id = ids[this.#taken]; id !== undefined && (last === undefined || id <= last); id = ids[this.#taken]) {
        found.set(id, last === undefined ? undefined : records.get(id))
        this.#taken += 1
      }
      if (this.#taken < ids.length) return found
      const next = await this.#batches.next()
      this.#current = next.value
      this.#taken = 0
      if (next.done) return found
    }
  }
}
