import type { Placement } from '../placement/placement.ts'

export type MetadataValue = string | number | boolean | readonly string[]
export type Metadata = Readonly<Record<string, MetadataValue>>

/** A filter in Pinecone's language, validated by the caller of the port. */
export type Filter = Readonly<Record<string, unknown>>

export interface SparseValues {
  readonly indices: readonly number[]
  readonly values: readonly number[]
}

/** One complete record. */
export interface VectorRecord {
  readonly id: string
  readonly values: readonly number[]
  readonly sparseValues?: SparseValues
  readonly metadata?: Metadata
}

/** A partial change of one record: the given fields replace the old ones, the rest stays. */
export interface RecordChange {
  readonly id: string
  readonly values?: readonly number[]
  readonly sparseValues?: SparseValues
  /** Replaces fields of the same name; other fields stay. */
  readonly setMetadata?: Metadata
}

/**
 * Sequence numbers of one namespace, from the store's headers; never compare those of two namespaces. Absent when the
 * store sent none: then nothing is proven, read instead.
 */
export interface WriteReceipt {
  readonly lsn?: number
  /**
   * Set when the write was answered, but an earlier attempt of it was not (timeout, reset, 5xx) and may still land:
   * docs/moves.md A2. A counter of writes under way treats it as in doubt.
   */
  readonly doubtful?: true
}
export interface ReadMark {
  readonly indexedLsn?: number
}

export interface QueryInput {
  readonly vector?: readonly number[]
  readonly sparseVector?: SparseValues
  /** 1–10,000 */
  readonly topK: number
  readonly filter?: Filter
  readonly includeValues?: boolean
  readonly includeMetadata?: boolean
}

export interface QueryMatch {
  readonly id: string
  readonly score: number
  readonly values?: readonly number[]
  readonly sparseValues?: SparseValues
  readonly metadata?: Metadata
}

export interface QueryAnswer extends ReadMark {
  readonly matches: readonly QueryMatch[]
  readonly readUnits?: number
}

export interface CallOptions {
  readonly signal?: AbortSignal
  /**
   * For a write: stops repeating after an attempt without an answer. Use it where nothing keeps others from writing the
   * same records until it can no longer land: a second attempt could succeed, and the first still land over what comes
   * next.
   */
  readonly noRepeatInDoubt?: boolean
}

/**
 * One tenant's place in the vector store. It is opened with a placement and can name no other.
 *
 * Faults of every method: AppError `store_busy` (429, retries used up), `store_unavailable` (never reached, or reads
 * that keep failing), `invalid_request` (the store's 400, with its words), `not_found` (the index's host is gone).
 * Writes also: `outcome_unknown` when a request was sent and no answer tells its outcome, `namespace_limit_reached` on
 * the store's 403 for a new namespace. A write of several requests, one of them answered and another not done, is
 * `outcome_unknown` too. When `signal` ends a call that left nothing in doubt, its reason is thrown unchanged.
 */
export interface TenantStore {
  readonly placement: Placement
  /**
   * Puts complete records, in batches within the vendor's limits; of two records with one id only the last is kept. The
   * receipt covers all batches: the highest sequence number, absent if one batch had none.
   */
  upsert(records: readonly VectorRecord[], options?: CallOptions): Promise<WriteReceipt>
  /** Changes part of a record. A missing record is no error, and is not created. */
  update(change: RecordChange, options?: CallOptions): Promise<WriteReceipt>
  query(input: QueryInput, options?: CallOptions): Promise<QueryAnswer>
  /** Missing ids are absent from the map. */
  fetch(
    ids: readonly string[],
    options?: CallOptions,
  ): Promise<{ readonly records: ReadonlyMap<string, VectorRecord> } & ReadMark>
  /** Ids in byte order, up to `limit` (1–100, default 100) a page. */
  list(
    input: { readonly prefix?: string; readonly limit?: number; readonly cursor?: string },
    options?: CallOptions,
  ): Promise<{ readonly ids: readonly string[]; readonly nextCursor?: string } & ReadMark>
  /** Records that match a filter, a page at a time (limit 1–10,000, default 100). */
  fetchByFilter(
    input: { readonly filter: Filter; readonly limit?: number; readonly cursor?: string },
    options?: CallOptions,
  ): Promise<{ readonly records: readonly VectorRecord[]; readonly nextCursor?: string } & ReadMark>
  /** Missing ids are no error. */
  deleteIds(ids: readonly string[], options?: CallOptions): Promise<WriteReceipt>
  /**
   * Sets metadata fields of all records that match; their other fields stay. The filter sees the records as that of
   * `deleteByFilter`. `matched`: how many there were as the store shows them, where it tells.
   */
  updateByFilter(
    filter: Filter,
    setMetadata: Metadata,
    options?: CallOptions,
  ): Promise<WriteReceipt & { readonly matched?: number }>
  /** Counts the records that match, as the store shows them. */
  countByFilter(filter: Filter, options?: CallOptions): Promise<{ readonly count: number } & ReadMark>
  /**
   * Deletes records that match. The filter sees the records as all earlier writes of the namespace left them, shown or
   * not (docs/moves.md A6). The vendor accepts five such calls a second per namespace.
   */
  deleteByFilter(filter: Filter, options?: CallOptions): Promise<WriteReceipt>
  deleteAll(options?: CallOptions): Promise<WriteReceipt>
  /** Creates the namespace; `exists` when it existed already. */
  createNamespace(options?: CallOptions): Promise<'created' | 'exists'>
  /** Undefined when the namespace does not exist. */
  describeNamespace(options?: CallOptions): Promise<{ readonly recordCount: number } | undefined>
  deleteNamespace(options?: CallOptions): Promise<'deleted' | 'absent'>
}

export interface IndexSpec {
  readonly name: string
  readonly dimension: number
  readonly metric: 'cosine' | 'dotproduct' | 'euclidean'
  readonly cloud: string
  readonly region: string
  /** Mark our indexes: an existing one is adopted only if it carries the same tags. */
  readonly tags: Readonly<Record<string, string>>
}

export interface IndexInfo {
  readonly name: string
  readonly host: string
  readonly ready: boolean
  /** 0 while the store does not report it: an index that is being made, or one without dense vectors. */
  readonly dimension: number
  /** Empty while the store does not report it. */
  readonly metric: string
  readonly tags: Readonly<Record<string, string>>
  /** Where it is; absent where the store runs it on machines that it does not name so. */
  readonly place?: { readonly cloud: string; readonly region: string }
  /**
   * `vectors`: callers send vectors, as this port does. `documents` and `texts`: the store keeps whole documents, or
   * embeds texts itself, and takes no vectors.
   */
  readonly takes?: 'vectors' | 'documents' | 'texts'
}

/** A namespace as the store lists it. */
export interface NamespaceInfo {
  readonly name: string
  readonly recordCount: number
}

/** An index by its address, for calls that concern no single tenant. */
export interface IndexAddress {
  readonly project: string
  readonly name: string
  readonly host: string
}

/** The vector store as a whole: indexes by project, and the handle of one tenant's place. */
export interface VectorStore {
  open(placement: Placement): TenantStore
  /** @throws AppError `conflict` when an index of that name exists, `index_limit_reached` on the project's limit. */
  createIndex(project: string, spec: IndexSpec, options?: CallOptions): Promise<IndexInfo>
  describeIndex(project: string, name: string, options?: CallOptions): Promise<IndexInfo | undefined>
  listIndexes(project: string, options?: CallOptions): Promise<readonly IndexInfo[]>
  deleteIndex(project: string, name: string, options?: CallOptions): Promise<'deleted' | 'absent'>
  /** Namespaces in the store's order, up to 100 a page; with a prefix only those whose names begin with it. */
  listNamespaces(
    index: IndexAddress,
    input: { readonly cursor?: string; readonly prefix?: string },
    options?: CallOptions,
  ): Promise<{ readonly namespaces: readonly NamespaceInfo[]; readonly nextCursor?: string }>
}
