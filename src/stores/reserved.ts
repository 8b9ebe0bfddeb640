import type { Metadata, VectorRecord } from './store.ts'

/** Prefix of all names reserved for the router: ids of records and documents, and metadata keys. */
const prefix = '_tr'

/** The vendor's limit of a record's metadata (docs.pinecone.io, "Metadata size"). */
const vendorMetadataBytes = 40_960
/** Space that the router reserves for the stamp in every record: `"_tr":`, a number of 16 digits, and a comma. */
const stampRoomBytes = 32
/** Metadata bytes that callers may send per record, at rest and while the tenant moves alike. */
export const metadataBytesMax = vendorMetadataBytes - stampRoomBytes

/** The metadata key of a record's number while its tenant moves; docs/moves.md section 2. */
export const stampKey = `${prefix}`

/** The metadata key that says which model made a record's vector, and of which text: docs/reembedding.md. */
export const embeddingStampKey = `${prefix}_emb`

/** An id that no record has: deleting it changes only the namespace's sequence number. */
export const probeId = `${prefix}_probe`

/** A metadata key that every chunk of a document has, and no record of an app. */
export const chunkMarkKey = `${prefix}_start`

/** The metadata key of a chunk's groups in an adopted tenant, whose declared field of groups may change. */
export const chunkGroupsKey = `${prefix}_groups`

/** Begins the ids of documents' chunks in an adopted tenant, whose app may have ids with `#` of its own. */
export const adoptedChunkPrefix = `${prefix}_doc_`

/** Whether an id or a metadata key is reserved, so that callers may not use it. Every door uses this rule. */
export function isReserved(name: string): boolean {
  return name.startsWith(prefix)
}

export const reservedWords = `names beginning with ${prefix} are reserved; use another`

/** The number of the write that put a record; undefined for a put from before the tenant moved. */
export function stampOf(record: Pick<VectorRecord, 'metadata'> | undefined): number | undefined {
  const stamp = record?.metadata?.[stampKey]
  return typeof stamp === 'number' ? stamp : undefined
}

/**
 * @returns undefined where the vendor's limit leaves no space: the write goes unstamped and is proven in another way.
 */
export function stamped(metadata: Metadata | undefined, stamp: number): Metadata | undefined {
  const whole = { ...metadata, [stampKey]: stamp }
  return fitsInRecord(whole) ? whole : undefined
}

/** Whether the vendor takes a record's metadata. */
export function fitsInRecord(metadata: Metadata): boolean {
  return metadataBytes(metadata) <= vendorMetadataBytes
}

export function metadataBytes(metadata: Metadata): number {
  return Buffer.byteLength(JSON.stringify(metadata))
}
