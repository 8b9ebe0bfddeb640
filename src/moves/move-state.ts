export type MoveKind = 'promote' | 'demote' | 'rebalance'

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
