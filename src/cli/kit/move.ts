import type { MoveKind, MoveState } from '../../moves/state/move-state.ts'

/** A move as the admin listener answers it; what is not used here is left out. */
export interface Move {
  readonly id: string
  readonly tenantId: string
  readonly kind: MoveKind
  readonly state: MoveState
  readonly progress?: {
    readonly copied: number
    readonly verified?: number
    readonly total: number | null
    /** Over copying and comparing together. */
    readonly percent: number | null
    readonly etaS: number | null
  }
  readonly gate?: string | null
  /** What a person asked for and has not happened yet. */
  readonly requested?: string | null
  readonly error?: string | null
  readonly writePauseMs?: number | null
  readonly createdAt: string
}
