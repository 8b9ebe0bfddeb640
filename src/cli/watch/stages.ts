import type { MoveState } from '../../moves/state/move-state.ts'

/** Stages of a move as a person sees them, in order. */
export const stages = [
  'Make its new place',
  'Note every write from now on',
  'Copy',
  'Verify every record',
  'Switch',
] as const

/** The index of a state's stage; past the last one after the cutover; undefined when the move is not going forward. */
export function stageOf(state: MoveState): number | undefined {
  switch (state) {
    case 'queued':
    case 'preparing':
      return 0
    case 'arming':
      return 1
    case 'copying':
      return 2
    case 'verifying':
      return 3
    case 'fencing':
    case 'switching':
      return 4
    case 'soaking':
    case 'completing':
    case 'completed':
      return stages.length
    case 'paused':
    case 'cancelling':
    case 'cancelled':
    case 'rolling_back':
    case 'rolled_back':
    case 'failed':
      return undefined
  }
}
