import type { VectorRecord } from '../../stores/store.ts'
import type { PassProgress, PlaceComparison } from './comparison.ts'
import { DigestSum } from './digests-of-many.ts'
import { RangeDigests } from './range-digests.ts'
import type { RecordMatch } from './record-match.ts'
import { Sample } from './sample.ts'

/** Findings of a comparison so far; records are added in id order. */
export class ComparisonTally {
  readonly #match: RecordMatch
  readonly #toPut: string[]
  readonly #toDelete: string[]
  readonly #unstamped: string[]
  readonly #drawn: Sample
  readonly #counts: Counts
  readonly #ranges: RangeDigests
  readonly #sum: DigestSum

  constructor(match: RecordMatch, rangeSize: number, begun: PassProgress | undefined) {
    this.#match = match
    this.#toPut = [...(begun?.toPut ?? [])]
    this.#toDelete = [...(begun?.toDelete ?? [])]
    this.#unstamped = [...(begun?.unstamped ?? [])]
    this.#drawn = new Sample(begun?.sample ?? [])
    this.#counts = {
      sourceRecords: begun?.sourceRecords ?? 0,
      readAgain: begun?.readAgain ?? 0,
      targetRecords: begun?.targetRecords ?? 0,
      equal: begun?.equal ?? 0,
      leftBehind: begun?.leftBehind ?? 0,
      supplied: begun?.supplied ?? 0,
      misfits: begun?.misfits ?? 0,
      misfit: begun?.misfit ?? null,
    }
    this.#ranges = new RangeDigests(rangeSize, begun?.ranges)
    this.#sum = new DigestSum(begun?.digestSum)
  }

  get found(): PlaceComparison {
    return {
      ...this.#counts,
      toPut: this.#toPut,
      toDelete: this.#toDelete,
      unstamped: this.#unstamped,
      sample: this.#drawn.ids,
      digestSum: this.#sum.hex,
    }
  }

  get ranges(): RangeDigests {
    return this.#ranges
  }

  /** Records of the target that were listed. */
  listed(count: number): void {
    this.#counts.targetRecords += count
  }

  /** Records of the target that the source lacks. */
  surplus(ids: Iterable<string>): void {
    this.#toDelete.push(...ids)
  }

  /** A record whose copy has the digest that the copy step kept of it. */
  equal(id: string, digest: string): void {
    this.#counts.sourceRecords += 1
    this.#counts.equal += 1
    this.#note(id, digest)
  }

  /** A record that was read, and the target's under its id. */
  pair(record: VectorRecord, copied: VectorRecord | undefined): void {
    const { id } = record
    const match = this.#match
    const expected = match.digest(record)
    this.#counts.sourceRecords += 1
    this.#counts.readAgain += 1
    this.#note(id, expected)
    const unfit = match.misfitOf(record)
    if (unfit !== undefined) {
      this.#counts.misfits += 1
      this.#counts.misfit ??= unfit
    }
    const isEqual = copied !== undefined && match.isCopy(record, copied, expected)
    const isTextless = match.isLeftBehind(record)
    if (isTextless && !isEqual) {
      this.#counts.leftBehind += 1
      // A copy from when it had a text, or another vector: the sync deletes it.
      if (copied !== undefined) this.#toPut.push(id)
    } else if (isEqual) {
      this.#counts.equal += 1
      if (isTextless) this.#counts.supplied += 1
      else if (match.isUnstamped(copied)) this.#unstamped.push(id)
      else if (match.isDrawn) this.#drawn.offer(id)
    } else this.#toPut.push(id)
  }

  #note(id: string, digest: string): void {
    this.#sum.add(digest)
    this.#ranges.add(id, digest)
  }
}

type Counts = {
  -readonly [K in keyof PlaceComparison as PlaceComparison[K] extends number | string | null
    ? K extends 'digestSum'
      ? never
      : K
    : never]: PlaceComparison[K]
}
