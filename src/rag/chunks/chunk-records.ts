import { chunkMarkKey } from '../../stores/reserved.ts'
import type { Metadata, VectorRecord } from '../../stores/store.ts'
import { chunkId } from '../checks/record-ids.ts'
import type { Chunk } from './chunk.ts'

interface Document {
  readonly source: string | null
  readonly metadata: Metadata
  /** Offset in the text of each page, from page 1; empty for a text without pages. */
  readonly pageStarts: readonly number[]
}

/** A chunk's position in its document, for citations. Offsets are UTF-16 units in the document's text. */
export interface Position {
  readonly start: number
  readonly end: number
  /** The page of its start, from 1. */
  readonly page?: number
  /** The headings above it, as in `Bikes > Brakes`. */
  readonly heading?: string
}

/** Reserved metadata keys of a position. Unlike a move's stamp (`_tr`) they are part of the record. */
const keys = { start: chunkMarkKey, end: '_tr_end', page: '_tr_page', heading: '_tr_heading' } as const

interface ChunkNames {
  readonly documentId: string
  /** Begins the chunks' ids. */
  readonly stem: string
  /** The field that lists the document's groups. */
  readonly groupsField: string
}

/** A document's records in the store: one per chunk, each with everything that a match shows. */
export function chunkRecords(
  { documentId, stem, groupsField }: ChunkNames,
  { source, metadata: given, pageStarts }: Document,
  chunks: readonly Chunk[],
  vectors: readonly (readonly number[])[],
): VectorRecord[] {
  const { visibility, ...rest } = given
  const metadata = { ...rest, ...(visibility !== undefined && { [groupsField]: visibility }) }
  return chunks.map(({ text, start, end, heading }, chunk) => {
    const page = pageAt(pageStarts, start)
    return {
      id: chunkId(stem, chunk),
      values: vectors[chunk] ?? [],
      metadata: {
        ...metadata,
        ...(source !== null && { source }),
        text,
        documentId,
        chunk,
        [keys.start]: start,
        [keys.end]: end,
        ...(page > 0 && { [keys.page]: page }),
        ...(heading !== null && { [keys.heading]: heading }),
      },
    }
  })
}

/** @returns null for an app's own record, which has no position. */
export function positionOf(metadata: Metadata): Position | null {
  const { [keys.start]: start, [keys.end]: end, [keys.page]: page, [keys.heading]: heading } = metadata
  if (typeof start !== 'number' || typeof end !== 'number') return null
  return {
    start,
    end,
    ...(typeof page === 'number' && { page }),
    ...(typeof heading === 'string' && { heading }),
  }
}

/** The number of pages that begin at or before the offset. */
function pageAt(pageStarts: readonly number[], offset: number): number {
  let [low, high] = [0, pageStarts.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((pageStarts[middle] ?? 0) <= offset) low = middle + 1
    else high = middle
  }
  return low
}
