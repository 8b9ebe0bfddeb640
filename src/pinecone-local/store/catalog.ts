import type { Metric } from '../shapes/score.ts'
import type { Write } from './writes.ts'

export type VectorKind =
  | { readonly type: 'dense'; readonly dimension: number; readonly metric: Metric }
  | { readonly type: 'sparse' }

/** What is kept of an index beside its name; JSON in its row. */
export interface IndexConfig {
  readonly vector: VectorKind
  readonly cloud: string
  readonly region: string
  /** `{fields:{name:{filterable:true}}}` of metadata, as it was given; all of the metadata is filterable here anyway. */
  readonly metadataSchema?: unknown
  readonly tags: Readonly<Record<string, string>> | null
  readonly deletionProtection: 'enabled' | 'disabled'
  readonly readyAtMs: number
}

export interface IndexEntry {
  readonly id: number
  readonly name: string
  /** The path under which its data plane is served; never used again, also not for an index of the same name. */
  readonly hostKey: string
  config: IndexConfig
  readonly namespaces: Map<string, NamespaceEntry>
}

/** `{fields:{name:{filterable:true}}}`, as it was given when the namespace was created. */
export interface NamespaceConfig {
  readonly schema?: unknown
}

export interface NamespaceEntry {
  readonly name: string
  /** The number its records lie under; a new one after deleteAll. */
  space: number
  /** Of the last write that was accepted. */
  lsn: number
  /** Of the last write that reads show. */
  indexedLsn: number
  recordCount: number
  /** False while everything written to it is still held back by the lag. */
  visible: boolean
  readonly config: NamespaceConfig | null
  /** Accepted writes that are not visible yet, oldest first. */
  readonly held: HeldWrite[]
}

export interface HeldWrite {
  readonly seq: number
  readonly lsn: number
  readonly write: Write
  /** On the clock of `performance.now()`. */
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
