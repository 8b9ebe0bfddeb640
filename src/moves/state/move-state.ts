export const moveKinds = ['promote', 'demote', 'rebalance', 'reembed', 'relocate'] as const
export type MoveKind = (typeof moveKinds)[number]

/** A person's request, which the mover executes at its next step. */
export type MoveRequest = 'cancel' | 'complete' | 'rollback'

export const moveStates = [
  'queued',
  'preparing',
  'arming',
  'copying',
  'verifying',
  'fencing',
  'switching',
  'soaking',
  'completing',
  'completed',
  'paused',
  'cancelling',
  'cancelled',
  'rolling_back',
  'rolled_back',
  'failed',
] as const

export type MoveState = (typeof moveStates)[number]

export function isEnded(state: MoveState): boolean {
  return state === 'completed' || state === 'cancelled' || state === 'rolled_back' || state === 'failed'
}

/** Whether the move is before its cutover, when dropping the target loses nothing. */
export function isBeforeSwitch(state: MoveState): boolean {
  return (
    state === 'queued' ||
    state === 'preparing' ||
    state === 'arming' ||
    state === 'copying' ||
    state === 'verifying' ||
    state === 'fencing'
  )
}
