import { setImmediate } from 'node:timers/promises'
import type { TenantStore, VectorRecord } from '../../stores/store.ts'
import { type Batch, readAhead } from '../copy/read-ahead.ts'
import { chainDigest, emptyDigest } from './chain-digest.ts'
import { digestRecord } from './digest.ts'
import { type RangeDigest, RangeDigests, type RangesSoFar } from './range-digests.ts'

export interface Comparison {
  readonly sourceRecords: number
  readonly targetRecords: number
  readonly equal: number
  /** Records of the source that the target lacks or holds with other contents. */
  readonly toPut: readonly string[]
  /** Records of the target that the source has not. */
  readonly toDelete: readonly string[]
  /** SHA-256, chained over the digests of the source's records in the order of their ids. */
  readonly digest: string
}

/** How far a comparison has come; another mover goes on from here. */
export interface PassProgress extends Comparison {
  /** The last id of the source that was compared; what comes after it is still to do, in both places. */
  readonly lastId: string
  readonly sourceCursor: string | null
  readonly targetCursor: string | null
  readonly ranges: RangesSoFar
}

/** Where the comparison of a move stands. */
export interface PassSoFar {
  /** Which pass over all records it is in, from 1. */
  readonly pass: number
  /** Records repaired after the passes before. */
  readonly repaired: number
  /** How far this pass has come; null at its beginning. */
  readonly begun: PassProgress | null
}

/**
 * Compares every record of two places: their sorted listings are merged, and each pair is fetched and digested. Memory
 * is bounded by two batches of each and by the differences.
 */
export async function compare(
  source: TenantStore,
  target: TenantStore,
  options: {
    readonly signal: AbortSignal
    /** Records a range of the digests that are kept. */
    readonly rangeSize: number
    /** Where an earlier comparison stopped; undefined: at the beginning. */
    readonly begun?: PassProgress | undefined
    /** Told after each batch. */
    readonly onProgress?: (progress: PassProgress) => Promise<void>
  },
): Promise<Comparison & { readonly ranges: readonly RangeDigest[] }> {
  const { signal, rangeSize, begun, onProgress } = options
  const afterId = begun?.lastId
  const copies = new Follower(readAhead(target, { signal, afterId, cursor: begun?.targetCursor ?? undefined }))
  const ranges = new RangeDigests(rangeSize, begun?.ranges)
  const toPut = [...(begun?.toPut ?? [])]
  const toDelete = [...(begun?.toDelete ?? [])]
  let digest = begun?.digest ?? emptyDigest
  let [equal, sourceRecords, targetRecords] = [begun?.equal ?? 0, begun?.sourceRecords ?? 0, begun?.targetRecords ?? 0]
  const found = () => ({ sourceRecords, targetRecords, equal, toPut, toDelete, digest })
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
        // Deleted since it was listed: the journal knows, or it differs if the other place has it.
        sourceRecords -= 1
        continue
      }
      const expected = digestRecord(record)
      digest = chainDigest(digest, expected)
      ranges.add(id, expected)
      const copied = there.get(id)
      if (copied !== undefined && digestRecord(copied) === expected) equal += 1
      else toPut.push(id)
      there.delete(id)
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

  /** Where the batch begins that was not taken whole yet. */
  get cursor(): string | undefined {
    return this.#current?.cursor
  }

  /**
   * What is listed up to this id, and not given before, with its record if it is still there; undefined: all the rest,
   * by its ids alone.
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
