import type { Metric } from '../shapes/score.ts'
import type { Write } from './writes.ts'

export type VectorKind =
  | { readonly type: 'dense'; readonly dimension: number; readonly metric: Metric }
  | { readonly type: 'sparse' }

/** An index's stored properties beside its name; JSON in its row. */
export interface IndexConfig {
  readonly vector: VectorKind
  readonly cloud: string
  readonly region: string
  /** `{fields:{name:{filterable:true}}}` of metadata, as given; this server can filter by all metadata anyway. */
  readonly metadataSchema?: unknown
  readonly tags: Readonly<Record<string, string>> | null
  readonly deletionProtection: 'enabled' | 'disabled'
  readonly readyAtMs: number
}

export interface IndexEntry {
  readonly id: number
  readonly name: string
  /** The path of its data plane; never reused, not even for an index of the same name. */
  readonly hostKey: string
  config: IndexConfig
  readonly namespaces: Map<string, NamespaceEntry>
}

/** `{fields:{name:{filterable:true}}}`, as given when the namespace was created. */
export interface NamespaceConfig {
  readonly schema?: unknown
}

export interface NamespaceEntry {
  readonly name: string
  /** The number under which its records lie; a new one after deleteAll. */
  space: number
  /** Sequence number of the last accepted write. */
  lsn: number
  /** Sequence number of the last write that reads show. */
  indexedLsn: number
  recordCount: number
  /** False while the lag holds back everything written to it. */
  visible: boolean
  readonly config: NamespaceConfig | null
  /** Accepted writes that are not visible yet, oldest first. */
  readonly held: HeldWrite[]
}

/** An answered write that is not visible yet, as the tables hold it. */
export interface StoredWrite {
  readonly seq: number
  readonly lsn: number
  readonly write: Write
}

export interface HeldWrite extends StoredWrite {
  /** By the clock of `performance.now()`. */
  readonly dueAt: number
}

export function newNamespace(
  name: string,
  space: number,
  visible: boolean,
  config: NamespaceConfig | null,
): NamespaceEntry {
  return { name, space, lsn: 0, indexedLsn: 0, recordCount: 0, visible, config, held: [] }
}

export function dimensionOf(index: IndexEntry): number | null {
  return index.config.vector.type === 'dense' ? index.config.vector.dimension : null
}
