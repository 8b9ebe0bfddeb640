import { setImmediate } from 'node:timers/promises'
import type { TenantStore, VectorRecord } from '../../stores/store.ts'
import { type Batch, readAhead } from '../copy/read-ahead.ts'
import type { Misfits } from '../transform/metric-change.ts'
import { chainDigest, emptyDigest } from './chain-digest.ts'
import { type RangeDigest, RangeDigests, type RangesSoFar } from './range-digests.ts'
import { matchOf, type RecordMatch } from './record-match.ts'
import { Sample } from './sample.ts'

export interface PlaceComparison extends Misfits {
  readonly sourceRecords: number
  readonly targetRecords: number
  readonly equal: number
  /** Records of the source that the target lacks or holds with other contents. */
  readonly toPut: readonly string[]
  /** Records of the target that the source lacks. */
  readonly toDelete: readonly string[]
  /** Records that the target may lack: `RecordMatch.isLeftBehind`. */
  readonly leftBehind: number
  /** Equal records without a text, whose vector was supplied. */
  readonly supplied: number
  /** A sample of the equal records, by id; of a move that transforms. */
  readonly sample: readonly string[]
  /** Equal records whose vector no stamp proves. */
  readonly unstamped: readonly string[]
  /** SHA-256, chained over the digests of the source's records in id order. */
  readonly digest: string
}

/** The progress of a comparison; another mover continues from here. */
export interface PassProgress extends PlaceComparison {
  /** The last compared id of the source; everything after it is still open, in both places. */
  readonly lastId: string
  readonly sourceCursor: string | null
  readonly targetCursor: string | null
  readonly ranges: RangesSoFar
}

/** The state of a move's comparison. */
export interface PassSoFar {
  /** The number of its pass over all records, from 1. */
  readonly pass: number
  /** Records repaired after the earlier passes. */
  readonly repaired: number
  /** The progress of this pass; null at its beginning. */
  readonly begun: PassProgress | null
}

/**
 * Compares every record of two places: it merges their sorted listings, and fetches and digests each pair. Memory is
 * bounded by two batches of each and by the differences.
 */
export async function compare(
  source: TenantStore,
  target: TenantStore,
  options: {
    readonly signal: AbortSignal
    /** When two records are equal; by default bit by bit. */
    readonly match?: RecordMatch
    /** Records per range of the stored digests. */
    readonly rangeSize: number
    /** The position of an earlier comparison; undefined: at the beginning. */
    readonly begun?: PassProgress | undefined
    /** Called after each batch. */
    readonly onProgress?: (progress: PassProgress) => Promise<void>
  },
): Promise<PlaceComparison & { readonly ranges: readonly RangeDigest[] }> {
  const { signal, rangeSize, begun, onProgress, match = matchOf(undefined, undefined) } = options
  const afterId = begun?.lastId
  const copies = new Follower(readAhead(target, { signal, afterId, cursor: begun?.targetCursor ?? undefined }))
  const ranges = new RangeDigests(rangeSize, begun?.ranges)
  const toPut = [...(begun?.toPut ?? [])]
  const toDelete = [...(begun?.toDelete ?? [])]
  let digest = begun?.digest ?? emptyDigest
  let [equal, sourceRecords, targetRecords] = [begun?.equal ?? 0, begun?.sourceRecords ?? 0, begun?.targetRecords ?? 0]
  let [leftBehind, supplied] = [begun?.leftBehind ?? 0, begun?.supplied ?? 0]
  const unstamped = [...(begun?.unstamped ?? [])]
  const drawn = new Sample(begun?.sample ?? [])
  let [misfits, misfit] = [begun?.misfits ?? 0, begun?.misfit ?? null]
  const found = () => ({
    sourceRecords,
    targetRecords,
    equal,
    toPut,
    toDelete,
    digest,
    leftBehind,
    supplied,
    sample: drawn.ids,
    unstamped,
    misfits,
    misfit,
  })
  const batches = readAhead(source, { signal, afterId, cursor: begun?.sourceCursor ?? undefined })
  for await (const { ids, records, nextCursor } of batches) {
    const lastId = ids.at(-1)
    if (lastId === undefined) continue
    sourceRecords += ids.length
    const there = await copies.upTo(lastId)
    targetRecords += there.size
    for (const [at, id] of ids.entries()) {
      // Digests take time, and this process has requests to serve.
      if (at % 50 === 49) await setImmediate()
      const record = records.get(id)
      if (record === undefined) {
        // Deleted since it was listed: the change log knows, or it differs if the other place has it.
        sourceRecords -= 1
        continue
      }
      const expected = match.digest(record)
      digest = chainDigest(digest, expected)
      ranges.add(id, expected)
      const unfit = match.misfitOf(record)
      if (unfit !== undefined) {
        misfits += 1
        misfit ??= unfit
      }
      const copied = there.get(id)
      there.delete(id)
      const isEqual = copied !== undefined && match.isCopy(record, copied, expected)
      const isTextless = match.isLeftBehind(record)
      if (isTextless && !isEqual) {
        leftBehind += 1
        // A copy from when it had a text, or another vector: the sync deletes it.
        if (copied !== undefined) toPut.push(id)
      } else if (isEqual) {
        equal += 1
        if (isTextless) supplied += 1
        else if (match.isUnstamped(copied)) unstamped.push(id)
        else if (match.isDrawn) drawn.offer(id)
      } else toPut.push(id)
    }
    toDelete.push(...there.keys())
    const cursors = { sourceCursor: nextCursor ?? null, targetCursor: copies.cursor ?? null }
    if (nextCursor !== undefined) await onProgress?.({ ...found(), ...cursors, lastId, ranges: ranges.soFar })
  }
  const rest = await copies.upTo(undefined)
  toDelete.push(...rest.keys())
  targetRecords += rest.size
  return { ...found(), ranges: ranges.end() }
}

/** The other listing, read as far as the first one has come. */
class Follower {
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
