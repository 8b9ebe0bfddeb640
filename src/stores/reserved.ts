import type { Metadata, VectorRecord } from './store.ts'

/** The beginning of all names that are the router's own: ids of records and documents, and keys of metadata. */
const prefix = '_tr'

/** The vendor's limit of a record's metadata (docs.pinecone.io, "Metadata size"). */
const vendorMetadataBytes = 40_960
/** Room that the router keeps for the stamp in every record: `"_tr":` and a number of 16 digits, and a comma. */
const stampRoomBytes = 32
/** What callers may send as a record's metadata, at rest and while the tenant moves alike. */
export const metadataBytesMax = vendorMetadataBytes - stampRoomBytes

/** The metadata key of a record's number while its tenant moves; docs/moves.md section 2. */
export const stampKey = `${prefix}`

/** An id that no record has: deleting it changes nothing but the namespace's sequence number. */
export const probeId = `${prefix}_probe`

/** The metadata key that every chunk of a document has, and no record of an app. */
export const chunkMarkKey = `${prefix}_start`

/** Whether an id or a key of metadata lies outside what callers may name. The one rule, wherever a caller names anything. */
export function isReserved(name: string): boolean {
  return name.startsWith(prefix)
}

export const reservedWords = `names beginning with ${prefix} are reserved; use another`

/** The number of the write that put a record; undefined when it was put before its tenant moved. */
export function stampOf(record: Pick<VectorRecord, 'metadata'> | undefined): number | undefined {
  const stamp = record?.metadata?.[stampKey]
  return typeof stamp === 'number' ? stamp : undefined
}

/** @returns undefined where the vendor's limit leaves no room: the write goes unstamped and is proven in another way. */
export function stamped(metadata: Metadata | undefined, stamp: number): Metadata | undefined {
  const whole = { ...metadata, [stampKey]: stamp }
  return metadataBytes(whole) > vendorMetadataBytes ? undefined : whole
}

export function metadataBytes(metadata: Metadata): number {
  return Buffer.byteLength(JSON.stringify(metadata))
}
