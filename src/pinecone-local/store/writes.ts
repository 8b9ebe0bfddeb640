import type { LocalSparseVector, StoredRecord } from '../shapes/record.ts'

/** A validated write to one namespace; plain data, so that one held back by the lag can be stored. */
export type Write =
  | { readonly kind: 'upsert'; readonly records: readonly StoredRecord[] }
  | { readonly kind: 'update'; readonly id: string; readonly change: LocalRecordChange }
  | { readonly kind: 'updateWhere'; readonly filter: unknown; readonly metadata: string | null }
  | { readonly kind: 'delete'; readonly ids: readonly string[] }
  | { readonly kind: 'deleteWhere'; readonly filter: unknown }
  | { readonly kind: 'deleteAll' }

export interface LocalRecordChange {
  readonly values: Float32Array | null
  readonly sparse: LocalSparseVector | null
  readonly metadata: string | null
}
