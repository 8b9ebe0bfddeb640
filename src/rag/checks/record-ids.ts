import type { FaultList } from '../../fault-list.ts'
import { isDocumentId } from '../../placement/document-id.ts'
import { adoptedChunkPrefix, isReserved, reservedWords } from '../../stores/reserved.ts'
import type { RecordShape } from './record-shape.ts'

/** The store's limit of an id. */
const recordIdMax = 512

const recordIdPattern = /^[\x20-\x7e]+$/

/** The id of a document's chunk, numbered from 0. */
export function chunkId(documentId: string, chunk: number): string {
  return `${documentId}#${chunk}`
}

/** Ids of the chunks from `from` up to, not including, `to`. */
export function chunkIds(documentId: string, from: number, to: number): string[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, position) => chunkId(documentId, from + position))
}

/** Whether an id is that of a document's chunk: an app's own record cannot have it. */
export function isChunkId(id: string, { isAdopted }: Pick<RecordShape, 'isAdopted'>): boolean {
  return isAdopted ? id.startsWith(adoptedChunkPrefix) : id.includes('#')
}

/** Whether a document may be written under an id: it must not be reserved either. */
export function isNewDocumentId(value: string): boolean {
  return isDocumentId(value) && !isReserved(value)
}

/** Whether an id is one that nobody reads: reserved, and no chunk of a document. */
export function isOutOfReach(id: string): boolean {
  return isReserved(id) && !id.startsWith(adoptedChunkPrefix)
}

/** Validates the id of a record that an app reads. */
export function checkReadId(id: string, path: string, faults: FaultList): void {
  if (isOutOfReach(id)) faults.add(path, reservedWords)
  else if (id.length > recordIdMax || !recordIdPattern.test(id)) {
    faults.add(path, `must be 1 to ${recordIdMax} printable ASCII characters`)
  }
}

const chunkIdWords = 'ids with # belong to the chunks of documents; use /documents for those'

/** Validates the id of a record that an app writes or deletes: never a document's chunk. */
export function checkWriteId(id: string, path: string, faults: FaultList, shape: RecordShape): void {
  if (isReserved(id)) faults.add(path, reservedWords)
  else if (isChunkId(id, shape)) faults.add(path, chunkIdWords)
  else checkReadId(id, path, faults)
}
