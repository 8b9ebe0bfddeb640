import type { PlaceKind } from '../../placement/placement.ts'

/** What was deleted of a tenant that was offboarded; written in the transaction that says that nothing is left. */
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
  /** Records that were there; null when they were gone already when it was looked (a crash came in between). */
  readonly records: number | null
}
