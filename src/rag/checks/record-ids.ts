import type { FaultList } from '../../fault-list.ts'
import { adoptedChunkPrefix, isReserved, reservedWords } from '../../stores/reserved.ts'
import type { RecordShape } from './record-shape.ts'

/** The store's limit of an id. */
const recordIdMax = 512
const documentIdMax = 400

/** Characters that need no escaping in a path segment (RFC 3986, pchar): no proxy can change their meaning. */
const documentIdPattern = /^[A-Za-z0-9\-._~!$&'()*+,;=:@]+$/
const recordIdPattern = /^[\x20-\x7e]+$/

export const documentIdRule = `1 to ${documentIdMax} of the characters A–Z a–z 0–9 - . _ ~ ! $ & ' ( ) * + , ; = : @, neither . nor .., and not beginning with _tr`

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

export function isDocumentId(value: string): boolean {
  return value.length <= documentIdMax && documentIdPattern.test(value) && value !== '.' && value !== '..'
}

/** The same for a written one, which must not be reserved. */
export function isNewDocumentId(value: string): boolean {
  return isDocumentId(value) && !isReserved(value)
}

/** Validates the id of a record that an app reads. */
export function checkReadId(id: string, path: string, faults: FaultList): void {
  if (isReserved(id) && !id.startsWith(adoptedChunkPrefix)) faults.add(path, reservedWords)
  else if (id.length > recordIdMax || !recordIdPattern.test(id)) {
    faults.add(path, `must be 1 to ${recordIdMax} printable ASCII characters`)
  }
}

const chunkIdWords = 'ids with # belong to the chunks of documents; use /documents for those'

/** Validates the id of a record that an app writes or deletes: never a document's chunk. */
export function checkWriteId(id: string, path: string, faults: FaultList, shape: RecordShape): void {
  if (isChunkId(id, shape)) faults.add(path, shape.isAdopted ? reservedWords : chunkIdWords)
  else checkReadId(id, path, faults)
}
