import { isBeforeSwitch, type MoveRequest, type MoveState } from './move-state.ts'

export type StepName =
  | 'prepare'
  | 'arm'
  | 'copy'
  | 'verify'
  | 'fence'
  | 'open'
  | 'soak'
  | 'complete'
  | 'cancel'
  | 'rollBack'

/** The facts that decide the next step. */
export interface MoveSituation {
  readonly state: MoveState
  readonly request: MoveRequest | null
  /** Whether the time for a rollback is over. */
  readonly retentionOver: boolean
}

/** The move's next step; `rest` when it waits for a person, or has ended. */
export function nextStep({ state, request, retentionOver }: MoveSituation): StepName | 'rest' {
  if (request === 'cancel' && isBeforeSwitch(state)) return 'cancel'
  switch (state) {
    case 'queued':
    case 'preparing':
      return 'prepare'
    case 'arming':
      return 'arm'
    case 'copying':
      return 'copy'
    case 'verifying':
      return 'verify'
    case 'fencing':
      return 'fence'
    case 'switching':
      return 'open'
    case 'soaking':
      if (request === 'rollback') return 'rollBack'
      return request === 'complete' || retentionOver ? 'complete' : 'soak'
    case 'completing':
      return 'complete'
    case 'cancelling':
      return 'cancel'
    case 'rolling_back':
      return 'rollBack'
    case 'paused':
    case 'completed':
    case 'cancelled':
    case 'rolled_back':
    case 'failed':
      return 'rest'
  }
}
