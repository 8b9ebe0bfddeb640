import type { MoveKind, MoveState } from '../../moves/state/move-state.ts'

/** A move as the admin listener returns it, with only the fields used here. */
export interface Move {
  readonly id: string
  readonly tenantId: string
  readonly kind: MoveKind
  readonly state: MoveState
  readonly progress?: {
    readonly copied: number
    readonly verified?: number
    readonly total: number | null
    /** Progress of copying and comparing together. */
    readonly percent: number | null
    readonly etaS: number | null
  }
  readonly gate?: string | null
  /** The action that a person requested and that is still pending. */
  readonly requested?: string | null
  readonly error?: string | null
  readonly writePauseMs?: number | null
  readonly createdAt: string
}
