import { createHash } from 'node:crypto'
import type { TenantStore, VectorRecord } from '../stores/store.ts'
import { digestRecord } from './digest.ts'

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
 * is bounded by a page of each and by the differences.
 */
export async function compare(
  source: TenantStore,
  target: TenantStore,
  options: {
    readonly signal: AbortSignal
    readonly onProgress?: (compared: number) => Promise<void>
    /** Each record of the source with its digest, in the order of the ids. */
    readonly onRecord?: (id: string, digest: string) => void
  },
): Promise<Comparison> {
  const { signal, onProgress, onRecord } = options
  const inSource = pages(source, signal)
  const inTarget = pages(target, signal)
  const digest = createHash('sha256')
  const toPut: string[] = []
  const toDelete: string[] = []
  let [equal, sourceRecords, targetRecords] = [0, 0, 0]
  let rest = await inTarget.next()
  for await (const ids of inSource) {
    sourceRecords += ids.length
    const last = ids.at(-1) ?? ''
    const there = new Set<string>()
    // Byte order of UTF-8 and of UTF-16 differ only beyond the ASCII that ids are made of.
    while (!rest.done) {
      const upTo = rest.value.filter((id) => id <= last)
      for (const id of upTo) there.add(id)
      if (upTo.length < rest.value.length) {
        rest.value = rest.value.slice(upTo.length)
        break
      }
      rest = await inTarget.next()
    }
    targetRecords += there.size
    const both = ids.filter((id) => there.has(id))
    const [here, copies] = await Promise.all([fetched(source, ids, signal), fetched(target, both, signal)])
    for (const id of ids) {
      const record = here.get(id)
      if (record === undefined) {
        // Deleted since it was listed: the journal knows, or it differs.
        sourceRecords -= 1
        if (there.has(id)) toDelete.push(id)
        continue
      }
      const expected = digestRecord(record)
      digest.update(expected)
      onRecord?.(id, expected)
      const copied = copies.get(id)
      if (copied !== undefined && digestRecord(copied) === expected) equal += 1
      else toPut.push(id)
    }
    const known = new Set(ids)
    for (const id of there) if (!known.has(id)) toDelete.push(id)
    await onProgress?.(sourceRecords)
  }
  for (; !rest.done; rest = await inTarget.next()) {
    targetRecords += rest.value.length
    toDelete.push(...rest.value)
  }
  return { sourceRecords, targetRecords, equal, toPut, toDelete, digest: digest.digest('hex') }
}

async function* pages(store: TenantStore, signal: AbortSignal): AsyncGenerator<readonly string[], undefined> {
  let cursor: string | undefined
  do {
    const listed = await store.list({ limit: 100, ...(cursor === undefined ? {} : { cursor }) }, { signal })
    if (listed.ids.length > 0) yield listed.ids
    cursor = listed.nextCursor
  } while (cursor !== undefined)
  return undefined
}

async function fetched(
  store: TenantStore,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, VectorRecord>> {
  return ids.length === 0 ? new Map() : (await store.fetch(ids, { signal })).records
}
