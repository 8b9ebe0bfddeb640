import { pageSampledEvery } from '../state/verification.ts'
import type { CopiedPage } from './copied-pages.ts'

/** Consecutive ids of a listing, and the kept page of as many records that spans them. */
export interface Cut {
  readonly ids: readonly string[]
  readonly page: CopiedPage | undefined
}

/** Draws the pages that count as not kept: whoever wrote the source past the router may be found by them. */
export class PageSample {
  #met = 0

  isDrawn(): boolean {
    this.#met += 1
    return this.#met % pageSampledEvery === 1
  }
}

/** Cuts a listing along kept pages, which are in its order and do not overlap. */
export class ListingCutter {
  readonly #pages: AsyncIterator<CopiedPage> | undefined
  #page: CopiedPage | undefined
  readonly #sample: PageSample
  #isBegun = false
  #rest: readonly string[] = []

  /** @param sample of all the listing's parts together. */
  constructor(pages: AsyncIterator<CopiedPage> | undefined, sample = new PageSample()) {
    this.#pages = pages
    this.#sample = sample
  }

  /** Whether every id that was added is in a cut. */
  get isEven(): boolean {
    return this.#rest.length === 0
  }

  /**
   * Adds the next ids.
   * @returns the cuts that are complete with them, or all at the listing's end. Ids of a page whose end was not listed
   * yet are held back: as many as the page has records, for with more it differs.
   */
  async add(next: readonly string[], isLast: boolean): Promise<readonly Cut[]> {
    const ids = [...this.#rest, ...next]
    this.#rest = []
    const cuts: Cut[] = []
    for (let at = 0; at < ids.length; ) {
      const [first = ''] = ids.slice(at, at + 1)
      const page = await this.#pageAt(first)
      const isWithin = page !== undefined && page.firstId <= first
      const end = ids.findIndex((id, n) => n > at && page !== undefined && id > page.lastId)
      const outside = ids.findIndex((id, n) => n > at && page !== undefined && id >= page.firstId)
      const until = isWithin ? end : outside
      const these = ids.slice(at, until < 0 ? undefined : until)
      const isOpen = isWithin && until < 0 && !isLast && (these.at(-1) ?? '') < page.lastId
      if (isOpen && these.length <= page.records) {
        this.#rest = these
        break
      }
      const isKept = isWithin && these.length === page.records && !this.#sample.isDrawn()
      cuts.push({ ids: these, page: isKept ? page : undefined })
      at += these.length
    }
    return cuts
  }

  /** The first page that does not end before an id. */
  async #pageAt(id: string): Promise<CopiedPage | undefined> {
    while (!this.#isBegun || (this.#page !== undefined && this.#page.lastId < id)) {
      this.#isBegun = true
      const next = await this.#pages?.next()
      this.#page = next?.done === true ? undefined : next?.value
    }
    return this.#page
  }
}
