import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { TenantStore, VectorRecord } from '../stores/store.ts'
import { digestRecord } from './digest.ts'
import { type Batch, readAhead } from './read-ahead.ts'

export interface Comparison {
  readonly sourceRecords: number
  readonly targetRecords: number
  readonly equal: number
  /** Records of the source that the target lacks or holds with other contents. */
  readonly toPut: readonly string[]
  /** Records of the target that the source has not. */
  readonly toDelete: readonly string[]
  /** SHA-256 over the digests of the source's records in the order of their ids. */
  readonly digest: string
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
    readonly onProgress?: (compared: number) => Promise<void>
    /** Each record of the source with its digest, in the order of their ids. */
    readonly onRecord?: (id: string, digest: string) => void
  },
): Promise<Comparison> {
  const { signal, onProgress, onRecord } = options
  const copies = new Follower(readAhead(target, { signal }))
  const digest = createHash('sha256')
  const toPut: string[] = []
  const toDelete: string[] = []
  let [equal, sourceRecords, targetRecords] = [0, 0, 0]
  for await (const { ids, records } of readAhead(source, { signal })) {
    sourceRecords += ids.length
    const there = await copies.upTo(ids.at(-1) ?? '')
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
      digest.update(expected)
      onRecord?.(id, expected)
      const copied = there.get(id)
      if (copied !== undefined && digestRecord(copied) === expected) equal += 1
      else toPut.push(id)
      there.delete(id)
    }
    toDelete.push(...there.keys())
    await onProgress?.(sourceRecords)
  }
  const rest = await copies.upTo(undefined)
  toDelete.push(...rest.keys())
  targetRecords += rest.size
  return { sourceRecords, targetRecords, equal, toPut, toDelete, digest: digest.digest('hex') }
}

/** The other listing, read as far as the first one has come. */
class Follower {
  readonly #batches: AsyncGenerator<Batch, undefined>
  #current: Batch | undefined
  #taken = 0

  constructor(batches: AsyncGenerator<Batch, undefined>) {
    this.#batches = batches
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
