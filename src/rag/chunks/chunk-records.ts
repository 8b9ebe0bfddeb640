import { chunkMarkKey } from '../../stores/reserved.ts'
import type { Metadata, VectorRecord } from '../../stores/store.ts'
import { chunkId } from '../checks/record-ids.ts'
import type { Chunk } from './chunk.ts'

interface Document {
  readonly source: string | null
  readonly metadata: Metadata
  /** Where in the text each page begins, from page 1; empty for what has no pages. */
  readonly pageStarts: readonly number[]
}

/** Where in its document a chunk stands, for citations. Offsets are of UTF-16 units in the document's text. */
export interface Position {
  readonly start: number
  readonly end: number
  /** The page it begins on, from 1. */
  readonly page?: number
  /** The headings it stands under, as in `Bikes > Brakes`. */
  readonly heading?: string
}

/** The reserved metadata that a position is kept in. Unlike a move's stamp (`_tr`) it is a part of the record. */
const keys = { start: chunkMarkKey, end: '_tr_end', page: '_tr_page', heading: '_tr_heading' } as const

/** What the store holds of a document: a record a chunk, each with all that a match shows. */
export function chunkRecords(
  documentId: string,
  { source, metadata, pageStarts }: Document,
  chunks: readonly Chunk[],
  vectors: readonly (readonly number[])[],
): VectorRecord[] {
  return chunks.map(({ text, start, end, heading }, chunk) => {
    const page = pageAt(pageStarts, start)
    return {
      id: chunkId(documentId, chunk),
      values: vectors[chunk] ?? [],
      metadata: {
        ...metadata,
        ...(source !== null && { source }),
        ...{ text, documentId, chunk, [keys.start]: start, [keys.end]: end },
        ...(page > 0 && { [keys.page]: page }),
        ...(heading !== null && { [keys.heading]: heading }),
      },
    }
  })
}

/** @returns null for an app's own record, which has none. */
export function positionOf(metadata: Metadata): Position | null {
  const { [keys.start]: start, [keys.end]: end, [keys.page]: page, [keys.heading]: heading } = metadata
  if (typeof start !== 'number' || typeof end !== 'number') return null
  return {
    ...{ start, end },
    ...(typeof page === 'number' && { page }),
    ...(typeof heading === 'string' && { heading }),
  }
}

/** How many pages begin at or before the offset. */
function pageAt(pageStarts: readonly number[], offset: number): number {
  let [low, high] = [0, pageStarts.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((pageStarts[middle] ?? 0) <= offset) low = middle + 1
    else high = middle
  }
  return low
}
