import type { PlaceKind } from '../../placement/placement.ts'

/** Receipt for what was deleted of an offboarded tenant; written in the transaction that confirms the deletion. */
export interface DeletionReceipt {
  readonly deletedAt: string
  readonly places: readonly DeletedPlace[]
  /** Rows of the document inventory. */
  readonly documents: number
}

export interface DeletedPlace {
  readonly kind: PlaceKind
  readonly index: string
  readonly generation: number
  /** Records found; null when they were already gone (a crash came in between). */
  readonly records: number | null
}
